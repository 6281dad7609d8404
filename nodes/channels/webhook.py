"""`webhook`: a signed POST with a call-back for each person: an address that takes the decision as JSON, once."""

from __future__ import annotations

import time
from typing import Any

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.channels.base import Notice
from nodes.desk import Desk
from nodes.http.arguments import FromSecret
from nodes.links import Link
from nodes.webhook import Webhook, WebhookArguments


class WebhookSettings(BaseModel, extra="forbid"):
    """Where to send it, and the key that signs it."""

    url: str = Field(min_length=1)
    secret: FromSecret | str
    people: list[str] = Field(default=[], description="Whose call-backs go along; default: everybody who is asked.")


class WebhookChannel:
    """Sends a signed message, as Standard Webhooks describes it."""

    name = "webhook"
    With = WebhookSettings

    async def deliver(self, notice: Notice, with_: WebhookSettings, desk: Desk, ctx: TaskContext) -> dict[str, Any]:
        """Send what is asked, or how it ended."""
        body: dict[str, Any] = {
            "type": f"approval.{notice.purpose}",
            "run": ctx.run_id,
            "approval": notice.approval,
            "title": notice.title,
        }
        if notice.purpose == "closed":
            body |= {"decision": notice.decision, "by": notice.by, "at": notice.at, "comment": notice.comment}
        else:
            shown = {"context": notice.context, "form": notice.form, "ui": notice.ui, "digest": notice.digest}
            body |= shown | {"deadlineMs": notice.deadline_ms, "callbacks": _callbacks(notice, with_, desk, ctx)}
        arguments = WebhookArguments(url=with_.url, body=body, secret=with_.secret)
        return {"id": (await Webhook().run(arguments, ctx)).id}


def _callbacks(notice: Notice, with_: WebhookSettings, desk: Desk, ctx: TaskContext) -> list[dict[str, str]]:
    """Give for each person the address that takes `{decision, data, comment}` by POST."""
    until_s = int(min(time.time() + desk.link_s, notice.deadline_ms / 1000 or float("inf")))
    people = with_.people or desk.asked(notice.assignees, notice.groups)
    links = [
        Link(run=ctx.run_id, approval=notice.approval, person=person, channel="webhook", until_s=until_s)
        for person in people
    ]
    return [{"person": link.person, "url": desk.url(link)} for link in links]
