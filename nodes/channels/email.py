"""`email`: a message to each person with a one-time link to a page. Opening the link decides nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.channels.base import Notice, plain_text
from nodes.desk import Desk
from nodes.email import Email, EmailArguments
from nodes.errors import NodeError, fault
from nodes.links import Link


class EmailSettings(BaseModel, extra="forbid"):
    """Whom to write to besides those who are asked, and through which mail server."""

    to: list[str] | str = Field(default=[], description="People to write to; default: everybody who is asked.")
    sender: str | None = Field(default=None, alias="from")
    server: dict[str, str] = {"use": "smtp"}


class EmailChannel:
    """Writes e-mails through the mail server of the secret `smtp`."""

    name = "email"
    With = EmailSettings

    async def deliver(self, notice: Notice, with_: EmailSettings, desk: Desk, ctx: TaskContext) -> dict[str, Any]:
        """Write to everybody who is asked. Fails only if nobody could be reached."""
        named = [with_.to] if isinstance(with_.to, str) else with_.to
        people = named or desk.asked(notice.assignees, notice.groups)
        reached: list[str] = []
        failures: list[NodeError] = []
        for person in people:
            address = desk.email_of(person)
            if address is None:
                failures.append(fault("configuration", f"no e-mail address is known of {person}; see AGENTOS_PEOPLE"))
                continue
            try:
                # Each message has an id of its own, which is made from the task.
                own = replace(ctx, path=f"{ctx.path}/{person}")
                await Email().run(_message(notice, with_, (person, address), desk, ctx), own)
                reached.append(person)
            except NodeError as error:
                failures.append(error)
        if not reached:
            nobody = fault("configuration", "expected assignees or `to` to write to, found nobody")
            raise next((one for one in failures if one.retryable), [*failures, nobody][0])
        return {"to": reached, "failed": [str(one) for one in failures]}


def _message(notice: Notice, with_: EmailSettings, to: tuple[str, str], desk: Desk, ctx: TaskContext) -> EmailArguments:
    person, address = to
    title = " ".join(notice.title.split())
    if notice.purpose == "closed":
        subject, text = f"Decided: {title}", f"{notice.outcome}\n\nNothing is left to do.\n"
    else:
        until_s = int(min(time.time() + desk.link_s, notice.deadline_ms / 1000 or float("inf")))
        link = Link(run=ctx.run_id, approval=notice.approval, person=person, channel="email", until_s=until_s)
        subject = f"{notice.lead}{title}"
        text = (
            f"{notice.title}\n\n{plain_text(notice)}\n\nLook and decide here:\n{desk.url(link)}\n\n"
            f"The link is yours alone and works once. Opening it decides nothing.\n"
        )
    parts: dict[str, Any] = {"to": address, "subject": subject[:900], "text": text, "server": with_.server}
    if with_.sender:
        parts["from"] = with_.sender
    return EmailArguments.model_validate(parts)
