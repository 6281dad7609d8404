"""Channels, against a mail server, a Slack and receivers of webhooks that check what they are given as real ones do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web

from nodes.channels import ApprovalNotice
from nodes.channels.base import NotForUs, Notice, Received
from nodes.channels.registry import DuplicateChannel, channels, load_channels
from nodes.channels.slack import SlackChannel
from nodes.desk import Contact, Desk
from nodes.errors import NodeError
from nodes.links import Link, LinkRefused, seal, unseal
from tests.unit.nodes.service import client, context
from tests.unit.nodes.smtp_server import MailBox, running_mail_server

HOOK_KEY = b"a key that both sides know"
DESK = Desk(
    key=b"the key of links",
    public_url="https://agentos.example",
    slack_signing_secret="shh",
    people={
        "ana": Contact(email="ana@shop.example", slack="U1"),
        "ben": Contact(email="ben@shop.example", groups=("finance",)),
    },
)
ASKED = {
    "approval": "/do/0/ask",
    "purpose": "opened",
    "title": "Refund <12> EUR?",
    "context": [{"markdown": "because"}, {"table": [{"a": 1}]}],
    "assignees": ["ana"],
    "groups": ["finance"],
    "digest": "d",
}
CLOSED = {**ASKED, "purpose": "closed", "decision": "approved", "by": "ana", "comment": "fine", "at": "2026-01-01"}


class Chat:
    """Slack's Web API, Discord's webhooks and a receiver of signed messages."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def slack(self, request: web.Request) -> web.Response:
        assert request.headers["authorization"] == "Bearer xoxb-1"
        self.calls.append((request.match_info["method"], await request.json()))
        return web.json_response({"ok": True, "channel": "C1", "ts": "17.1"})

    async def discord(self, request: web.Request) -> web.Response:
        self.calls.append((f"{request.method} {request.path_qs}", await request.json()))
        return web.json_response({"id": "m1"})

    async def hook(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.new(HOOK_KEY, signed, hashlib.sha256).digest()).decode()
        assert request.headers["webhook-signature"] == expected
        self.calls.append(("hook", json.loads(body)))
        return web.Response(status=204)


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    made, app = Chat(), web.Application()
    app.router.add_post("/slack/{method}", made.slack)
    app.router.add_route("*", "/discord{rest:.*}", made.discord)
    app.router.add_post("/hook", made.hook)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def deliver(name: str, settings: dict[str, Any], secrets: dict[str, Any], **given: Any) -> Any:
    notice = Notice.model_validate({**ASKED, **given, "channel": {"name": name, "with": settings}})
    async with client() as http:
        return await ApprovalNotice(DESK).run(notice, context(http, secrets))


async def test_an_email_brings_each_person_a_link_of_their_own() -> None:
    async with running_mail_server("") as box:
        receipt = await deliver("email", {}, {"smtp": mail(box)})

    assert receipt == {"to": ["ana", "ben"], "failed": []}
    people = []
    for recipients, message in box.delivered:
        token = re.search(r"https://agentos\.example/decide/(\S+)", message.get_content())
        assert token is not None
        link = unseal(token[1], DESK.key, time.time())
        people.append((recipients, link.person, link.approval))
    assert people == [(["ana@shop.example"], "ana", "/do/0/ask"), (["ben@shop.example"], "ben", "/do/0/ask")]
    assert len({message["Message-ID"] for _, message in box.delivered}) == 2


async def test_everybody_who_was_asked_by_email_hears_of_the_end() -> None:
    async with running_mail_server("") as box:
        await deliver("email", {}, {"smtp": mail(box)}, **CLOSED)
    assert [message["Subject"] for _, message in box.delivered] == ["Decided: Refund <12> EUR?"] * 2
    assert "decide/" not in box.delivered[0][1].get_content()


async def test_email_fails_when_nobody_can_be_reached_and_says_why() -> None:
    async with running_mail_server("") as box:
        with pytest.raises(NodeError, match="no e-mail address is known of eve"):
            await deliver("email", {}, {"smtp": mail(box)}, assignees=["eve"], groups=[])


def mail(box: MailBox) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": box.port, "security": "none", "from": "agentos@shop.example"}


async def test_slack_shows_buttons_and_changes_the_message_once_it_is_over(chat: Chat) -> None:
    settings = {"channel": "#ops", "api": f"{chat.url}/slack"}
    receipt = await deliver("slack", settings, {"slack": "xoxb-1"})
    await deliver("slack", settings, {"slack": "xoxb-1"}, **{**CLOSED, "receipt": receipt})

    (asked, question), (changed, ending) = chat.calls
    assert (asked, changed) == ("chat.postMessage", "chat.update")
    assert [button["action_id"] for button in question["blocks"][-1]["elements"]] == ["approve", "reject"]
    assert "&lt;12&gt;" in question["blocks"][0]["text"]["text"]
    assert (ending["ts"], ending["channel"]) == ("17.1", "C1")
    assert "Approved by ana: fine" in json.dumps(ending["blocks"])


async def test_slack_has_no_buttons_where_a_form_must_be_filled_in(chat: Chat) -> None:
    form = {"type": "object", "required": ["note"]}
    await deliver("slack", {"channel": "#ops", "api": f"{chat.url}/slack"}, {"slack": "xoxb-1"}, form=form)
    assert "actions" not in {block["type"] for block in chat.calls[0][1]["blocks"]}


def pressed(user: str = "U1", secret: str = "shh", age_s: int = 0, token: str | None = None) -> Received:
    link = Link(run="r", approval="/do/0/ask", person="", channel="slack", until_s=int(time.time()) + 60)
    action = {"action_id": "approve", "value": token or seal(link, DESK.key)}
    body = urlencode({"payload": json.dumps({"user": {"id": user}, "actions": [action]})}).encode()
    sent_at = str(int(time.time()) - age_s)
    digest = hmac.new(secret.encode(), f"v0:{sent_at}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": sent_at, "x-slack-signature": f"v0={digest}"}
    return Received(headers=headers, body=body, now_s=time.time())


def test_a_pressed_button_is_the_answer_of_the_person_slack_names() -> None:
    answer = SlackChannel().received(pressed(), DESK)
    assert (answer.run_id, answer.approval_id, answer.by, answer.act) == ("r", "/do/0/ask", "ana", "approve")


@pytest.mark.parametrize(
    "wrong", [{"secret": "guess"}, {"age_s": 4000}, {"user": "U99"}, {"token": "e30~AAAA"}, {"token": "x"}]
)
def test_what_slack_did_not_sign_or_nobody_known_pressed_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotForUs):
        SlackChannel().received(pressed(**wrong), DESK)


async def test_a_webhook_is_signed_and_brings_a_callback_for_each_person(chat: Chat) -> None:
    settings = {"url": f"{chat.url}/hook", "secret": {"use": "hook"}}
    await deliver("webhook", settings, {"hook": HOOK_KEY.decode()})
    await deliver("webhook", settings, {"hook": HOOK_KEY.decode()}, **CLOSED)
    opened, closed = (body for _, body in chat.calls)
    assert [(opened["type"], closed["type"])] == [("approval.opened", "approval.closed")]
    assert [one["person"] for one in opened["callbacks"]] == ["ana", "ben"]
    token = opened["callbacks"][0]["url"].rpartition("/")[2]
    assert unseal(token, DESK.key, time.time()).channel == "webhook"
    assert (closed["decision"], closed["by"]) == ("approved", "ana")


async def test_discord_is_told_and_its_message_changed(chat: Chat) -> None:
    settings = {"url": f"{chat.url}/discord"}
    receipt = await deliver("discord", settings, {})
    await deliver("discord", settings, {}, **{**CLOSED, "receipt": receipt})
    assert [call for call, _ in chat.calls] == ["POST /discord?wait=true", "PATCH /discord/messages/m1"]
    assert chat.calls[0][1]["allowed_mentions"] == {"parse": []}


async def test_an_unknown_channel_and_wrong_settings_are_told() -> None:
    with pytest.raises(NodeError, match="no channel 'fax'; known are ui, discord, email, slack, webhook"):
        await deliver("fax", {}, {})
    with pytest.raises(NodeError, match="channel slack: channel: Field required"):
        await deliver("slack", {}, {})


def test_a_link_is_good_for_one_key_until_its_end() -> None:
    link = Link(run="r", approval="/do/0/ask", person="ana", channel="email", until_s=100)
    token = seal(link, b"key")
    assert unseal(token, b"key", 99) == link
    for given, key, now_s in ((token, b"other", 99), (token[:-2], b"key", 99), ("", b"key", 99), (token, b"", 99)):
        with pytest.raises(LinkRefused, match="not made here"):
            unseal(given, key, now_s)
    with pytest.raises(LinkRefused, match="expired"):
        unseal(token, b"key", 101)


def test_packages_add_channels_and_broken_ones_are_named() -> None:
    fine = EntryPoint("pager", "tests.unit.nodes.test_channels:Pager", "agentos.channels")
    broken = EntryPoint("broken", "tests.unit.nodes.no_such_module:X", "agentos.channels")
    found = load_channels([fine, broken])
    assert set(found.types) == {*channels().types, "pager"}
    assert len(found.broken) == 1
    assert found.broken[0].startswith("broken (")
    twice = EntryPoint("slack", "tests.unit.nodes.test_channels:AnotherSlack", "agentos.channels")
    with pytest.raises(DuplicateChannel, match="one channel called 'slack'"):
        load_channels([twice])


class Pager:
    """A channel of a package."""

    name = "pager"
    With = Notice

    async def deliver(self, notice: Notice, with_: Any, desk: Desk, ctx: Any) -> None:
        """Do nothing."""


class AnotherSlack(Pager):
    """A channel with a name that is taken."""

    name = "slack"
