"""Slack and webhooks, against a local service that checks what it is given as the real ones do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from nodes.errors import NodeError
from nodes.slack import Slack, SlackArguments
from nodes.webhook import Webhook, WebhookArguments
from tests.unit.nodes.service import client, context

KEY = b"a key that both sides know"
SECRETS = {
    "slack": "xoxb-1",
    "hook": KEY.decode(),
    "coded": "whsec_" + base64.b64encode(KEY).decode(),
    "broken": "whsec_%",
}


class Receiver:
    """Takes signed messages as `/hook`, and messages for channels as `/chat.postMessage`."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[dict[str, Any]] = []

    async def hook(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        if request.headers["webhook-signature"] != expected:
            return web.Response(status=401)
        self.taken.append({"headers": dict(request.headers), "body": json.loads(body)})
        return web.json_response({"thanks": len(self.taken)})

    async def post_message(self, request: web.Request) -> web.Response:
        body = await request.json()
        if request.headers["authorization"] != "Bearer xoxb-1":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        if body["channel"] == "#busy":
            return web.Response(status=429, headers={"retry-after": "3"})
        if body["channel"] != "#orders":
            return web.json_response({"ok": False, "error": "channel_not_found"})
        self.taken.append(body)
        return web.json_response({"ok": True, "channel": "C1", "ts": "1700.1"})


@asynccontextmanager
async def running() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/hook", receiver.hook)
    app.router.add_post("/chat.postMessage", receiver.post_message)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with running() as found:
        yield found


async def hook(receiver: Receiver, **arguments: Any) -> Any:
    given = {"url": receiver.url + "/hook", "secret": {"use": "hook"}} | arguments
    async with client() as http:
        return await Webhook().run(WebhookArguments.model_validate(given), context(http, SECRETS))


async def slack(receiver: Receiver, **arguments: Any) -> Any:
    given = {"channel": "#orders", "text": "hello", "api": receiver.url} | arguments
    async with client() as http:
        return await Slack().run(SlackArguments.model_validate(given), context(http, SECRETS))


async def failure(run: Any) -> NodeError:
    with pytest.raises(NodeError) as caught:
        await run
    return caught.value


@pytest.mark.parametrize("secret", [{"use": "hook"}, {"use": "coded"}, KEY.decode()])
async def test_a_receiver_can_check_the_signature_of_a_message(receiver: Receiver, secret: Any) -> None:
    output = await hook(receiver, secret=secret, body={"paid": "Grüße"}, headers={"x-shop": "1", "Webhook-Id": "mine"})

    assert output.content == {"thanks": 1}
    assert receiver.taken[0]["body"] == {"paid": "Grüße"}
    assert receiver.taken[0]["headers"]["x-shop"] == "1"
    assert receiver.taken[0]["headers"]["webhook-id"] == output.id


async def test_a_message_sent_again_has_the_same_id(receiver: Receiver) -> None:
    assert (await hook(receiver)).id == (await hook(receiver)).id


async def test_another_key_is_refused_by_the_receiver(receiver: Receiver) -> None:
    error = await failure(hook(receiver, secret="guessed"))

    assert (error.problem["status"], receiver.taken) == (401, [])


@pytest.mark.parametrize("name", ["nowhere", "broken"])
async def test_without_a_usable_key_nothing_is_sent(receiver: Receiver, name: str) -> None:
    error = await failure(hook(receiver, secret={"use": name}))

    assert error.problem["type"].endswith("/configuration")
    assert receiver.taken == []


async def test_a_message_is_written_to_a_channel(receiver: Receiver) -> None:
    output = await slack(receiver, thread="1699.1", blocks=[{"type": "divider"}])

    assert (output.channel, output.ts) == ("C1", "1700.1")
    assert receiver.taken == [
        {"channel": "#orders", "text": "hello", "blocks": [{"type": "divider"}], "thread_ts": "1699.1"}
    ]


async def test_what_slack_refuses_is_an_error_of_its_kind(receiver: Receiver) -> None:
    unknown = await failure(slack(receiver, channel="#nowhere"))
    foreign = await failure(slack(receiver, token="xoxb-2"))

    assert "channel_not_found" in unknown.problem["detail"]
    assert foreign.problem["type"].endswith("/authentication")


async def test_a_busy_slack_says_when_to_come_back(receiver: Receiver) -> None:
    error = await failure(slack(receiver, channel="#busy"))

    assert (error.retryable, error.problem["retryAfterMs"]) == (True, 3000)
