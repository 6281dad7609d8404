"""`call: echo` gives back what it was given."""

from __future__ import annotations

from typing import Any

from nodes.base import TaskContext


class Echo:
    """Gives its `with` back as its output. For first steps, tests and benchmarks."""

    name = "echo"
    version = "1.0.0"
    icon = "repeat"
    With = Any
    Output = Any
    examples = ({"greeting": "hello"},)

    async def run(self, with_: Any, ctx: TaskContext) -> Any:  # noqa: ARG002  # it needs nothing of its context
        """Give `with_`."""
        return with_
