"""Orders about tasks that have moved since: their place in the definition is another one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine import commands as c
from engine.state import RunState


def redirected(state: RunState, order: c.Order) -> c.Order:
    """Give the order for where its task is now: whoever works for it may know it by the path it had before."""
    if not state.aliases:
        return order
    for name in ("path", "approval_id"):
        at, mark, rest = getattr(order, name, "").partition("#")
        if at in state.aliases:
            changed: dict[str, Any] = {name: state.aliases[at] + mark + rest}
            return replace(order, **changed)
    return order
