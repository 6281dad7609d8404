"""An agent as the rules use it: its plan, and the tasks that its model and its tools are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.definition.model import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentBody:
    """`call: agent`: a model that is asked again and again, and the tools it may call.

    Its lists are below its pointer: `turns` (the model call), `turns/tools` (one task for each tool, addressed by
    `INDEX/NAME`), `turns/approvals` (a person's word on one call) and `discovery/INDEX` (what an MCP server offers).
    """

    #: The `with` without the tools.
    plan: Value
    secret_parts: tuple[tuple[str, str], ...] = ()
    #: JSON array: what the engine must know of each tool, by `entry`.
    tools: str = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBody:
    """One model call of the agent around it."""
