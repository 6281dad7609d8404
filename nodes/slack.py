"""`call: slack` writes to a channel (Web API, `chat.postMessage`)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.errors import NodeError, fault, passing_fault
from nodes.http.arguments import FromSecret, HttpArguments
from nodes.http.authentication import BearerAuth
from nodes.http.exchange import exchange
from nodes.http.node import limits_of, request_of
from nodes.http.outcome import output_of

PASSING = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"})
REFUSED = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})
FORBIDDEN = frozenset({"missing_scope", "no_permission", "restricted_action", "not_in_channel", "access_denied"})


class SlackArguments(BaseModel, extra="forbid"):
    """A message and where it goes."""

    channel: str = Field(min_length=1, description="The channel's id, or its name with `#`.")
    text: str = Field(min_length=1, description="The message; with `blocks`, what notifications show.")
    blocks: list[dict[str, Any]] = Field(default=[], max_length=50, description="Blocks of Slack's Block Kit.")
    thread: str | None = Field(default=None, description="The `ts` of a message to answer to.")
    token: FromSecret | str = Field(default=FromSecret(use="slack"), description="A bot's token, or its secret's name.")
    api: str = Field(default="https://slack.com/api", description="Where the Web API is.")


class SlackOutput(BaseModel):
    """The message that was written."""

    channel: str
    ts: str = Field(description="Identifies the message in its channel.")


class Slack:
    """Writes a message to a channel of Slack."""

    name = "slack"
    version = "1.0.0"
    icon = "message"
    With = SlackArguments
    Output = SlackOutput
    examples = ({"channel": "#orders", "text": "A large order came in"},)

    async def run(self, with_: SlackArguments, ctx: TaskContext) -> SlackOutput:
        """Write the message."""
        parts = {"channel": with_.channel, "text": with_.text, "blocks": with_.blocks, "thread_ts": with_.thread}
        body = {name: value for name, value in parts.items() if value}
        call = HttpArguments(method="post", endpoint=f"{with_.api.rstrip('/')}/chat.postMessage", body=body)
        auth = BearerAuth(token_of(with_.token, ctx))
        answer = output_of(await exchange(request_of(call, ctx), ctx, auth, limits_of(call, ctx)), call)
        if not isinstance(answer, dict) or answer.get("ok") is not True:
            raise error_of(answer)
        return SlackOutput(channel=str(answer.get("channel", with_.channel)), ts=str(answer.get("ts", "")))


def token_of(given: FromSecret | str, ctx: TaskContext) -> str:
    """Give the bot's token. Raises a configuration `NodeError` when there is none."""
    found = given if isinstance(given, str) else ctx.secret(given.use)
    token = found.get("token") if isinstance(found, dict) else found
    if not isinstance(token, str) or not token:
        name = given.use if isinstance(given, FromSecret) else "token"
        raise fault("configuration", f"expected a secret called {name!r} with the bot's token, found none")
    return token


def error_of(answer: Any) -> NodeError:
    """Give the error for an answer that is not `ok`."""
    code = str(answer.get("error", "")) if isinstance(answer, dict) else ""
    detail = f"Slack: expected the message to be taken, found {code or 'an answer that is none of its API'}"
    if code in PASSING:
        return passing_fault("communication", detail)
    kind = "authentication" if code in REFUSED else "authorization" if code in FORBIDDEN else "communication"
    return fault(kind, detail)
