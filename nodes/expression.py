"""The internal type `expression`: evaluates what is not bounded in processes that can be killed."""

from __future__ import annotations

from pydantic import BaseModel, Field

from engine.errors import ExpressionFailed
from expressions.pool import EvaluatorPool
from nodes.base import JsonText, TaskContext
from nodes.errors import fault, passing_fault
from nodes.provisions import Validate


class ExpressionArguments(BaseModel, extra="forbid"):
    """A program and the one text that holds its data and variables; or a JSON Schema and the data that is to fit it."""

    source: str | None = None
    #: JSON Schema as JSON text.
    schema_text: str | None = Field(default=None, alias="schema")
    input: str


class Expression:
    """Evaluates a jq expression for the engine, or validates data that is too large for it."""

    name = "expression"
    version = "1.0.0"
    icon = "function"
    internal = True
    With = ExpressionArguments

    def __init__(self, pool: EvaluatorPool | None = None, validate: Validate | None = None) -> None:
        self._pool = pool
        self._validate = validate

    async def run(self, with_: ExpressionArguments, ctx: TaskContext) -> JsonText:  # noqa: ARG002  # a rule, no service
        """Give the first result of the program, or the violations of the schema."""
        if self._pool is None or (self._validate is None and with_.schema_text is not None):
            raise fault("configuration", "this worker has no evaluator processes")
        try:
            if with_.schema_text is not None and self._validate is not None:
                return JsonText(await self._validate(with_.schema_text, with_.input))
            return JsonText(await self._pool.evaluate(with_.source or ".", with_.input))
        except ExpressionFailed as error:
            raise fault("expression", str(error)) from None
        except OSError as error:
            raise passing_fault("runtime", f"no evaluator process could be started: {error}") from None
