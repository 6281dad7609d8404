"""`slack`: a message with buttons, which is changed once it is over. Slack signs what its buttons send."""

from __future__ import annotations

import hmac
import json
import time
from typing import Any
from urllib.parse import parse_qs

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.channels.base import Answer, NotForUs, Notice, Received, plain_text
from nodes.desk import Desk
from nodes.errors import fault
from nodes.http.arguments import FromSecret, HttpArguments
from nodes.http.authentication import BearerAuth
from nodes.http.exchange import exchange
from nodes.http.node import limits_of, request_of
from nodes.http.outcome import output_of
from nodes.links import Link, LinkRefused, unseal
from nodes.slack import error_of, token_of

#: How old a request of Slack may be.
AGE_MAX_S = 300
#: Slack's limit of a text in a block is 3000.
TEXT_MAX = 2_800
BUTTONS = (("approve", "Approve", "primary"), ("reject", "Reject", "danger"))


class SlackSettings(BaseModel, extra="forbid"):
    """Where to write."""

    channel: str = Field(min_length=1, description="The channel's id, or its name with `#`.")
    token: FromSecret | str = FromSecret(use="slack")
    api: str = "https://slack.com/api"


class SlackChannel:
    """Writes to a channel of Slack, and takes the answers of its buttons."""

    name = "slack"
    With = SlackSettings

    async def deliver(self, notice: Notice, with_: SlackSettings, desk: Desk, ctx: TaskContext) -> dict[str, Any]:
        """Write the message, or change it when the approval is over."""
        body: dict[str, Any] = {"channel": with_.channel, "text": f"{notice.lead}{notice.title}"}
        if notice.purpose != "closed":
            body["blocks"] = _question(notice, desk, ctx)
            return await _call("chat.postMessage", body, with_, ctx)
        body |= {"text": f"{notice.title}: {notice.outcome}", "blocks": _ending(notice)}
        if not isinstance(notice.receipt, dict) or not notice.receipt.get("ts"):
            return await _call("chat.postMessage", body, with_, ctx)
        body |= {"channel": notice.receipt.get("channel") or with_.channel, "ts": notice.receipt["ts"]}
        return await _call("chat.update", body, with_, ctx)

    def received(self, request: Received, desk: Desk) -> Answer:
        """Give what a pressed button says. Raises `NotForUs` unless Slack signed it and knows the person."""
        _check_signature(request, desk.slack_signing_secret)
        try:
            payload = json.loads(parse_qs(request.body.decode())["payload"][0])
            action, user = payload["actions"][0], payload["user"]["id"]
            act, token = action["action_id"], action["value"]
        except (KeyError, IndexError, ValueError, TypeError):
            raise NotForUs("expected a pressed button, found something else") from None
        if act not in {name for name, _, _ in BUTTONS}:
            raise NotForUs(f"there is no button {act!r:.40}")
        try:
            link = unseal(token, desk.key, request.now_s)
        except LinkRefused as error:
            raise NotForUs(str(error)) from None
        person = desk.by_slack(user)
        if person is None:
            raise NotForUs("it is not known who you are here; an administrator can add you to AGENTOS_PEOPLE")
        return Answer(run_id=link.run, approval_id=link.approval, by=person, act=act)


def _check_signature(request: Received, secret: str) -> None:
    sent_at = request.headers.get("x-slack-request-timestamp", "")
    if not secret or not sent_at.isdecimal() or abs(request.now_s - int(sent_at)) > AGE_MAX_S:
        raise NotForUs("expected a fresh request that Slack signed, found none")
    signed = b":".join((b"v0", sent_at.encode(), request.body))
    expected = "v0=" + hmac.digest(secret.encode(), signed, "sha256").hex()
    if not hmac.compare_digest(expected.encode(), request.headers.get("x-slack-signature", "").encode()):
        raise NotForUs("expected a request that Slack signed, found another signature")


def _question(notice: Notice, desk: Desk, ctx: TaskContext) -> list[dict[str, Any]]:
    until_s = int(min(time.time() + desk.link_s, notice.deadline_ms / 1000 or float("inf")))
    link = Link(run=ctx.run_id, approval=notice.approval, person="", channel="slack", until_s=until_s)
    blocks = [_section(f"*{_escaped(notice.lead + notice.title)}*")]
    if text := plain_text(notice):
        blocks.append(_section(_escaped(text)))
    if notice.needs_form:
        blocks.append(_section(f"It has a form to fill in: <{desk.public_url.rstrip('/')}/|open the inbox>"))
        return blocks
    token = desk.token(link)
    buttons = [
        {
            "type": "button",
            "action_id": act,
            "style": style,
            "value": token,
            "text": {"type": "plain_text", "text": label},
        }
        for act, label, style in BUTTONS
    ]
    return [*blocks, {"type": "actions", "elements": buttons}]


def _ending(notice: Notice) -> list[dict[str, Any]]:
    return [_section(f"*{_escaped(notice.title)}*"), _section(_escaped(notice.outcome))]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:TEXT_MAX]}}


def _escaped(text: str) -> str:
    """Give text in which nothing calls for anybody or leads anywhere in Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def _call(method: str, body: dict[str, Any], with_: SlackSettings, ctx: TaskContext) -> dict[str, Any]:
    call = HttpArguments(method="post", endpoint=f"{with_.api.rstrip('/')}/{method}", body=body)
    auth = BearerAuth(token_of(with_.token, ctx))
    answer = output_of(await exchange(request_of(call, ctx), ctx, auth, limits_of(call, ctx)), call)
    if not isinstance(answer, dict):
        raise fault("communication", "Slack: expected an answer of its API, found something else")
    if answer.get("ok") is not True:
        raise error_of(answer)
    return {"channel": str(answer.get("channel", "")), "ts": str(answer.get("ts", ""))}
