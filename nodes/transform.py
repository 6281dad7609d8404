"""`call: transform` computes with jq, on input that is given."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field

from engine.errors import EvaluateOutside, ExpressionFailed
from expressions.evaluator import JqEvaluator
from nodes.base import JsonText, TaskContext
from nodes.errors import fault, passing_fault
from nodes.provisions import Evaluate, Provisions


class TransformArguments(BaseModel, extra="forbid"):
    """A jq program and its data."""

    expression: str = Field(min_length=1, description="A jq program, without `${ }`. Its first result counts.")
    input: Any = Field(default=None, description="What `.` is.")
    variables: dict[str, Any] = Field(default={}, description="What `$name` is, by name.")


class Transform:
    """Computes with jq. What is not bounded runs in a process of its own, which can be killed."""

    name = "transform"
    version = "1.0.0"
    icon = "function"
    With = TransformArguments
    examples = ({"expression": "[.[] | select(.paid) | .amount] | add", "input": [{"paid": True, "amount": 2}]},)

    def __init__(self, evaluate_outside: Evaluate | None = None) -> None:
        self._evaluate_outside = evaluate_outside
        self._evaluator = JqEvaluator()

    @classmethod
    def provided(cls, provisions: Provisions) -> Transform:
        """Give the instance for a process with evaluators."""
        return cls(provisions.evaluate)

    async def run(self, with_: TransformArguments, ctx: TaskContext) -> JsonText:  # noqa: ARG002  # a rule, no service
        """Give the first result of the program."""
        texts = {name: json.dumps(value) for name, value in with_.variables.items()}
        data = json.dumps(with_.input)
        try:
            try:
                return JsonText(self._evaluator.evaluate(with_.expression, data, texts.__getitem__))
            except EvaluateOutside:
                whole = self._evaluator.prepare(with_.expression, data, texts.__getitem__)
                return JsonText(await self._outside(with_.expression, whole))
        except KeyError as error:
            raise fault("expression", f"expected ${error.args[0]} in `variables`, found {_named(texts)}") from None
        except ExpressionFailed as error:
            raise fault("expression", str(error)) from None
        except OSError as error:
            raise passing_fault("runtime", f"no evaluator process could be started: {error}") from None

    async def _outside(self, source: str, whole: str) -> str:
        if self._evaluate_outside is None:
            raise fault("configuration", "this worker has no evaluator processes")
        return await self._evaluate_outside(source, whole)


def _named(texts: dict[str, str]) -> str:
    return ", ".join(f"${name}" for name in sorted(texts)) or "none"
