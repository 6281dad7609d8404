"""The inbox: who sees what, what a refused act answers, and that the person is the one who is named."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.eventually import eventually_async
from tests.unit.api.fake_world import ApiWorld, api_world
from tests.unit.api.test_runs import publish, start

ASK = """document: {dsl: '1.0.3', namespace: demo, name: ask, version: '1.0.0'}
do:
  - ask:
      call: human_approval
      with:
        title: Refund 12 EUR?
        context:
          - '**why** <script>alert(1)</script> [x](javascript:alert(1))'
          - {table: [{a: 1}, {b: 2}]}
          - {diff: {before: a, after: b}}
        form: {type: object, required: [note], properties: {note: {type: string}}}
        assignees: [ana]
        groups: [finance]
        selfApproval: false
  - rest: {wait: {hours: 1}}
"""
FORM = {"note": "ok"}


async def asked(client: httpx.AsyncClient) -> dict[str, Any]:
    """Start a run that asks, and give the approval as the inbox has it."""
    await publish(client, ASK)
    await start(client, "ask")

    async def first() -> Any:
        """Wait until the API has seen in the log what the inbox has."""
        page = (await client.get("/api/v1/approvals", params={"who": "all"})).json()
        found = page["items"][0] if page["items"] else None
        is_known = found and (await client.get(f"/api/v1/approvals/{found['id']}")).status_code == 200
        return found if is_known else None

    found: dict[str, Any] = await eventually_async(first)
    return found


def person(name: str) -> dict[str, str]:
    return {"X-AgentOS-User": name}


async def test_the_inbox_of_a_person_has_what_asks_them_their_groups_or_anybody(world: ApiWorld) -> None:
    async with world.client() as client:
        await asked(client)
        counts = {}
        for name in ("ana", "gus", "eve"):
            counts[name] = (await client.get("/api/v1/approvals", headers=person(name))).json()["count"]

    assert counts == {"ana": 1, "gus": 1, "eve": 0}


async def test_an_approval_is_shown_without_html_and_with_tables_and_diffs_as_data(world: ApiWorld) -> None:
    async with world.client() as client:
        found = await asked(client)
        shown = (await client.get(f"/api/v1/approvals/{found['id']}", headers=person("ana"))).json()

    markdown, table, diff = shown["context"]
    assert markdown["markdown"].startswith("**why** &lt;script>")
    assert "javascript" not in markdown["markdown"]
    assert (table["columns"], table["rows"]) == (["a", "b"], [[1, None], [None, 2]])
    assert diff["lines"] == [{"kind": "removed", "text": "a"}, {"kind": "added", "text": "b"}]
    assert shown["may_decide"] is True
    assert shown["digest"] == found["digest"]


async def test_a_decision_holds_the_person_and_comes_back_at_once(world: ApiWorld) -> None:
    async with world.client() as client:
        where = f"/api/v1/approvals/{(await asked(client))['id']}"
        body = {"decision": "approve", "data": FORM, "comment": "fine"}
        decided = await client.post(f"{where}/decide", json=body, headers=person("gus"))
        late = await client.post(f"{where}/decide", json=body, headers=person("ana"))

    assert decided.status_code == 200
    assert (decided.json()["status"], decided.json()["decided_by"]) == ("approved", "gus")
    assert late.status_code == 409
    assert late.json()["type"] == "urn:agentos:problem:approval-closed"
    assert (late.json()["decision"], late.json()["by"]) == ("approved", "gus")
    assert late.json()["at"] in late.json()["detail"]


async def test_a_form_that_does_not_fit_is_a_422_with_the_field(world: ApiWorld) -> None:
    async with world.client() as client:
        where = f"/api/v1/approvals/{(await asked(client))['id']}"
        body = {"decision": "approve", "data": {"note": 3}}
        answer = await client.post(f"{where}/decide", json=body, headers=person("ana"))
        shown = (await client.get(where)).json()

    assert answer.status_code == 422
    assert [found["pointer"] for found in answer.json()["problems"]] == ["/note"]
    assert (shown["status"], shown["decisions"]) == ("open", [])


@pytest.mark.parametrize(("name", "status"), [("eve", 403), ("admin", 403)])
async def test_who_is_not_asked_is_refused(world: ApiWorld, name: str, status: int) -> None:
    async with world.client() as client:
        where = f"/api/v1/approvals/{(await asked(client))['id']}"
        body = {"decision": "approve", "data": FORM}
        assert (await client.post(f"{where}/decide", json=body, headers=person(name))).status_code == status


async def test_acts_change_what_is_shown(world: ApiWorld) -> None:
    async with world.client() as client:
        where = f"/api/v1/approvals/{(await asked(client))['id']}"
        claimed = await client.post(f"{where}/claim", headers=person("ana"))
        taken = await client.post(f"{where}/claim", headers=person("gus"))
        await client.post(f"{where}/release", headers=person("ana"))
        said = await client.post(f"{where}/comment", json={"comment": "hm"}, headers=person("eve"))
        handed = await client.post(f"{where}/delegate", json={"to": "eve"}, headers=person("ana"))
        changes = await client.post(f"{where}/request-changes", json={"comment": "less"}, headers=person("eve"))

    assert claimed.json()["claimed_by"] == "ana"
    assert taken.status_code == 409
    assert [found["text"] for found in said.json()["comments"]] == ["hm"]
    assert handed.json()["assignees"] == ["eve"]
    assert changes.json()["status"] == "changes_requested"


async def test_withdrawing_is_for_the_starter_and_operators(world: ApiWorld) -> None:
    async with world.client() as client:
        where = f"/api/v1/approvals/{(await asked(client))['id']}"
        answer = await client.post(f"{where}/withdraw", json={"comment": "mistake"})
    assert answer.json()["status"] == "withdrawn"


@pytest.mark.parametrize("name", ["nonsense", "W10", "WyJydW4iLCAiL2RvLzAvYXNrIl0"])
async def test_what_is_no_approval_is_not_found(world: ApiWorld, name: str) -> None:
    async with world.client() as client:
        world.store.catch_up()
        assert (await client.get(f"/api/v1/approvals/{name}")).status_code == 404


async def test_naming_a_person_needs_the_setting() -> None:
    async with api_world(acts_for_others=False) as world, world.client() as client:
        assert (await client.get("/api/v1/approvals", headers=person("ana"))).status_code == 403
        assert (await client.get("/api/v1/approvals")).status_code == 200


@pytest.mark.parametrize("name", ["", "a:b", "a\tb", "x" * 300])
async def test_a_name_that_is_none_is_refused(world: ApiWorld, name: str) -> None:
    async with world.client() as client:
        assert (await client.get("/api/v1/approvals", headers=person(name))).status_code == 403
