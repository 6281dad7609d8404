"""What the end of a process means for the task, as `return` says."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from nodes.base import TaskContext
from nodes.errors import NodeError, fault
from nodes.processes.confined import Ended
from nodes.provisions import ProcessRules

Return = Literal["stdout", "stderr", "code", "all", "none"]
Scalar = str | int | float | bool
EXCERPT = 500


class ProcessArguments(BaseModel, extra="forbid"):
    """What every process may be given."""

    stdin: str = Field(default="", description="What it reads from its standard input.")
    arguments: Annotated[list[Scalar], Field(max_length=1000)] = Field(default=[], description="Its arguments.")
    environment: dict[str, Scalar] = Field(default={}, description="Its environment, which is empty otherwise.")
    returned: Return = Field(default="stdout", alias="return", description="What the task gives.")


def time_left_s(ctx: TaskContext, rules: ProcessRules) -> float:
    """Give the seconds that a process may take."""
    left = ctx.remaining_s()
    return rules.timeout_s if left is None else min(left, rules.timeout_s)


def output_of(ended: Ended, returned: Return) -> Any:
    """Give the task's output. An exit code that nobody asked for is an error unless it is 0."""
    if ended.code != 0 and returned not in {"code", "all"}:
        raise _failure(ended)
    match returned:
        case "stdout":
            return ended.stdout
        case "stderr":
            return ended.stderr
        case "code":
            return ended.code
        case "all":
            return {"code": ended.code, "stdout": ended.stdout, "stderr": ended.stderr}
        case "none":
            return None


def _failure(ended: Ended) -> NodeError:
    told = ended.stderr.strip()[-EXCERPT:]
    hint = f": {told}" if told else ""
    found = f"exit code {ended.code}" if ended.code > 0 else f"the signal {-ended.code}"
    return fault("runtime", f"expected the process to end with exit code 0, found {found}{hint}")
