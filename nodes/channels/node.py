"""The internal type `approval_notice`: delivers a notice about an approval through a channel."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from nodes.base import TaskContext
from nodes.channels.base import Notice
from nodes.channels.registry import channels
from nodes.desk import Desk
from nodes.errors import fault
from nodes.provisions import Provisions


class Receipt(BaseModel):
    """What a channel gave back."""

    receipt: Any = None


class ApprovalNotice:
    """Tells people of an approval through a channel."""

    name = "approval_notice"
    version = "1.0.0"
    icon = "bell"
    internal = True
    With = Notice
    timeout_s = 60.0

    def __init__(self, desk: Desk | None = None) -> None:
        self._desk = desk or Desk()

    @classmethod
    def provided(cls, provisions: Provisions) -> ApprovalNotice:
        """Give the node with this installation's people and links."""
        return cls(provisions.desk)

    async def run(self, with_: Notice, ctx: TaskContext) -> Any:
        """Deliver it."""
        name = with_.channel.name
        known = channels()
        channel = known.types.get(name)
        if channel is None:
            found = ", ".join(sorted(known.types))
            raise fault("configuration", f"there is no channel {name!r}; known are ui, {found}")
        try:
            settings = channel.With.model_validate(with_.channel.settings)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
            raise fault("configuration", f"channel {name}: {wrong}") from None
        return await channel.deliver(with_, settings, self._desk, ctx)
