"""`discord`: a message through a webhook of Discord, changed once it is over. One file: that is all a channel takes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from nodes.base import TaskContext
from nodes.channels.base import Notice, plain_text
from nodes.desk import Desk
from nodes.errors import fault
from nodes.http.arguments import FromSecret, HttpArguments
from nodes.http.exchange import exchange
from nodes.http.node import limits_of, request_of
from nodes.http.outcome import output_of


class DiscordSettings(BaseModel, extra="forbid"):
    """The webhook's address, or the secret that holds it."""

    url: FromSecret | str = FromSecret(use="discord")


class DiscordChannel:
    """Writes to a channel of Discord."""

    name = "discord"
    With = DiscordSettings

    async def deliver(self, notice: Notice, with_: DiscordSettings, desk: Desk, ctx: TaskContext) -> dict[str, Any]:
        """Write the message, or change it when the approval is over."""
        url = with_.url if isinstance(with_.url, str) else ctx.secret(with_.url.use)
        if not isinstance(url, str) or not url:
            raise fault("configuration", "expected the address of a Discord webhook in `url`, found none")
        is_over = notice.purpose == "closed"
        text = notice.outcome if is_over else f"{plain_text(notice)}\nDecide in the inbox: {desk.public_url}"
        body = {"content": f"**{notice.lead}{notice.title}**\n{text}"[:2000], "allowed_mentions": {"parse": []}}
        message = notice.receipt.get("id") if is_over and isinstance(notice.receipt, dict) else None
        method, where = ("patch", f"{url}/messages/{message}") if message else ("post", f"{url}?wait=true")
        call = HttpArguments(method=method, endpoint=where, body=body)
        answer = output_of(await exchange(request_of(call, ctx), ctx, None, limits_of(call, ctx)), call)
        return {"id": str(answer.get("id", ""))} if isinstance(answer, dict) else {}
