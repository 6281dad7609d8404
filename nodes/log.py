"""`call: log` writes a line."""

from __future__ import annotations

import logging
from typing import Literal

from pydantic import BaseModel

from nodes.base import TaskContext


class LogArguments(BaseModel, extra="forbid"):
    """The line and how much it matters."""

    message: str
    level: Literal["debug", "info", "warning", "error"] = "info"


class Log:
    """Writes a line to the worker's log and shows it live with the run."""

    name = "log"
    version = "1.0.0"
    icon = "text"
    With = LogArguments
    Output = None
    examples = ({"message": "The order was paid", "level": "info"},)

    async def run(self, with_: LogArguments, ctx: TaskContext) -> None:
        """Write the line."""
        ctx.log(with_.message, logging.getLevelNamesMapping()[with_.level.upper()])
