"""One-time links: opening one decides nothing, a POST does, once; and what channels send has to be signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from api.approval_views import place_of
from nodes.links import Link, seal
from tests.unit.api.fake_world import DESK, ApiWorld
from tests.unit.api.test_approvals import asked

FORM = {"act": "approve", "field.note": "ok", "comment": "<b>fine</b>"}


def token(found: dict[str, Any], person: str = "gus", until_s: float = 2e9, key: bytes = DESK.key) -> str:
    run, approval = place_of(found["id"])
    return seal(Link(run=run, approval=approval, person=person, channel="email", until_s=int(until_s)), key)


async def test_opening_a_link_shows_what_is_asked_and_decides_nothing(world: ApiWorld) -> None:
    async with world.client() as client, world.client(token=None) as mailed:
        found = await asked(client)
        where = f"/decide/{token(found)}"
        for _ in range(3):
            page = await mailed.get(where)
        shown = (await client.get(f"/api/v1/approvals/{found['id']}")).json()

    assert page.status_code == 200
    assert shown["status"] == "open"
    assert "Refund 12 EUR?" in page.text
    assert "<script>" not in page.text
    assert 'name="field.note"' in page.text
    policy = page.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "form-action 'self'" in policy
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_a_link_decides_once_by_its_person_and_channel(world: ApiWorld) -> None:
    async with world.client() as client, world.client(token=None) as mailed:
        found = await asked(client)
        where = f"/decide/{token(found)}"
        done = await mailed.post(where, data=FORM)
        again = await mailed.post(where, data=FORM)
        opened = await mailed.get(where)
        shown = (await client.get(f"/api/v1/approvals/{found['id']}")).json()
        events = (await client.get(f"/api/v1/runs/{found['run']}/events")).json()["items"]

    assert (done.status_code, again.status_code, opened.status_code) == (200, 410, 410)
    assert "decided already" in again.text
    assert "approved by gus" in again.text
    assert (shown["status"], shown["decided_by"]) == ("approved", "gus")
    (decided,) = [event for event in events if event["type"] == "ApprovalDecided"]
    assert (decided["data"]["channel"], decided["data"]["by"]) == ("email", "gus")
    assert json.dumps(decided).count("email:127.0.0.1") >= 1


async def test_a_form_that_does_not_fit_comes_back_with_the_field(world: ApiWorld) -> None:
    async with world.client() as client, world.client(token=None) as mailed:
        found = await asked(client)
        where = f"/decide/{token(found)}"
        bad = await mailed.post(where, data={"act": "approve"})
        nothing = await mailed.post(where, data={"field.note": "x"})
    assert (bad.status_code, nothing.status_code) == (422, 422)
    assert "note" in bad.text


@pytest.mark.parametrize(
    ("made", "status", "said"),
    [
        ({"until_s": 1}, 410, "expired"),
        ({"key": b"another installation"}, 404, "not good here"),
        ({"person": ""}, 404, "not good here"),
        ({"person": "eve"}, 403, "eve is not asked"),
    ],
)
async def test_a_link_that_is_not_good_leads_to_a_page_that_says_so(
    world: ApiWorld, made: dict[str, Any], status: int, said: str
) -> None:
    async with world.client() as client, world.client(token=None) as mailed:
        found = await asked(client)
        answer = await mailed.post(f"/decide/{token(found, **made)}", data=FORM)
    assert answer.status_code == status
    assert said in answer.text
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_program_answers_its_callback_with_json(world: ApiWorld) -> None:
    async with world.client() as client, world.client(token=None) as program:
        found = await asked(client)
        where = f"/decide/{token(found)}"
        bad = await program.post(where, json={"decision": "approve", "data": {}})
        done = await program.post(where, json={"decision": "approve", "data": {"note": "x"}})
        late = await program.post(where, json={"decision": "reject"})
        foreign = await program.post("/decide/e30~AAAA", json={"decision": "reject"})
    assert [answer.status_code for answer in (bad, done, late, foreign)] == [422, 200, 409, 404]
    assert late.json()["by"] == "gus"


async def press(client: httpx.AsyncClient, found: dict[str, Any], act: str = "reject", secret: str = "signed") -> Any:
    run, approval = place_of(found["id"])
    link = Link(run=run, approval=approval, person="", channel="slack", until_s=int(time.time()) + 60)
    action = {"action_id": act, "value": seal(link, DESK.key)}
    body = urlencode({"payload": json.dumps({"user": {"id": "U7"}, "actions": [action]})}).encode()
    sent_at = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{sent_at}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": sent_at, "X-Slack-Signature": f"v0={digest}"}
    return await client.post("/api/v1/channels/slack", content=body, headers=headers)


async def test_a_button_in_slack_decides_and_the_first_answer_wins(world: ApiWorld) -> None:
    async with world.client() as client, world.client(token=None) as slack:
        found = await asked(client)
        forged = await press(slack, found, secret="guess")
        done = await press(slack, found)
        late = await press(slack, found)
        mailed = await slack.get(f"/decide/{token(found, person='ana')}")
    assert (forged.status_code, done.status_code, done.json()) == (403, 200, {})
    assert "rejected by gus" in late.json()["text"]
    assert mailed.status_code == 410


@pytest.mark.parametrize("channel", ["email", "nothing", "ui"])
async def test_channels_that_take_no_requests_are_not_found(world: ApiWorld, channel: str) -> None:
    async with world.client(token=None) as client:
        assert (await client.post(f"/api/v1/channels/{channel}", content=b"x")).status_code == 404
