from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.api.fake_world import TOKEN, ApiWorld, api_world
from tests.unit.api.test_auth_door import PUBLIC, SIGNED_AT, WRONG, routes, status
from tests.unit.api.test_runs import publish, start
from tests.unit.api.workflows import WAIT

HTML = {"Accept": "text/html"}


@pytest.fixture
async def built(tmp_path: Path) -> AsyncIterator[ApiWorld]:
    """An API with a built web UI."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text('<meta name="csp-nonce" content="__NONCE__"><title>the UI</title>')
    (folder / "assets" / "app.123.js").write_text("run()")
    (tmp_path / "secret.txt").write_text("secret")
    async with api_world(web_folder=folder) as made:
        yield made


async def test_the_ui_is_for_those_who_are_signed_in(built: ApiWorld) -> None:
    async with built.client(token=None) as client:
        for method, path in routes(built):
            if (method, path) not in PUBLIC | SIGNED_AT:
                assert {await status(client, method, path, headers) for headers in WRONG} == {401}, path
        door = await client.get("/", headers=HTML)
        deep = await client.get("/runs/123", headers=HTML)
    assert "the UI" not in door.text + deep.text
    assert [door.status_code, deep.status_code] == [401, 401]


async def test_every_address_of_the_ui_gives_the_page_and_assets_are_kept(built: ApiWorld) -> None:
    cookie = {"Cookie": f"agentos_token={TOKEN}"}
    async with built.client(token=None) as client:
        pages = [await client.get(path, headers=cookie) for path in ("/", "/runs", "/runs/1/events", "/nothing")]
        asset = await client.get("/assets/app.123.js", headers=cookie)
        unknown = await client.get("/api/v1/nothing", headers=cookie)
    assert [page.text.endswith("<title>the UI</title>") for page in pages] == [True] * 4
    assert asset.text == "run()"
    assert "immutable" in asset.headers["cache-control"]
    assert unknown.status_code == 404


async def test_style_elements_need_the_nonce_of_their_page_and_scripts_are_files(built: ApiWorld) -> None:
    async with built.client() as client:
        pages = [await client.get(path) for path in ("/", "/runs")]
    nonces = [page.text.split('content="')[1].split('"')[0] for page in pages]
    policies = [page.headers["content-security-policy"] for page in pages]
    assert len({*nonces, "__NONCE__"}) == 3
    assert [f"style-src 'self' 'nonce-{nonce}';" in policy for nonce, policy in zip(nonces, policies, strict=True)] == [
        True
    ] * 2
    assert ["script-src 'self';" in policy and "unsafe" not in policy for policy in policies] == [True] * 2


@pytest.mark.parametrize("path", ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "//secret.txt"])
async def test_files_beside_the_ui_are_never_sent(built: ApiWorld, path: str) -> None:
    async with built.client() as client:
        assert "secret" not in (await client.get(path)).text


async def test_who_comes_when_it_is_full_is_asked_to_come_again(world: ApiWorld) -> None:
    world.app.most_at_once = 1
    async with world.client() as client:
        await publish(client, WAIT)
        waiting = asyncio.create_task(start(client, "pause", {"Prefer": "wait=0.3"}))
        await asyncio.sleep(0)
        answers = [await client.get("/api/v1/topics") for _ in range(3)]
        health = await client.get("/health/live")
        first = await waiting
        after = await client.get("/api/v1/topics")
    assert 503 in {answer.status_code for answer in answers}
    assert (health.status_code, first.status_code, after.status_code) == (200, 202, 200)
