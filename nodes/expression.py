"""The internal type `expression`: evaluates what is not bounded in processes that can be killed."""

from __future__ import annotations

from pydantic import BaseModel

from engine.errors import ExpressionFailed
from expressions.pool import EvaluatorPool
from nodes.base import JsonText, TaskContext
from nodes.errors import fault, passing_fault


class ExpressionArguments(BaseModel, extra="forbid"):
    """A program, and the one text that holds its data and variables."""

    source: str
    input: str


class Expression:
    """Evaluates a jq expression for the engine."""

    name = "expression"
    version = "1.0.0"
    icon = "function"
    internal = True
    With = ExpressionArguments

    def __init__(self, pool: EvaluatorPool | None = None) -> None:
        self._pool = pool

    async def run(self, with_: ExpressionArguments, ctx: TaskContext) -> JsonText:  # noqa: ARG002  # a rule, no service
        """Give the first result of the program."""
        if self._pool is None:
            raise fault("configuration", "this worker has no evaluator processes")
        try:
            return JsonText(await self._pool.evaluate(with_.source, with_.input))
        except ExpressionFailed as error:
            raise fault("expression", str(error)) from None
        except OSError as error:
            raise passing_fault("runtime", f"no evaluator process could be started: {error}") from None
