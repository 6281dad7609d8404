"""Evaluation of unbounded expressions in a killable process, for callers without an event loop."""

from __future__ import annotations

import asyncio
import json

from engine import commands as c
from engine import messages as m
from engine.errors import ExpressionFailed
from expressions.pool import EvaluatorPool
from language.validate import JsonSchemaValidator, Patience


def evaluated(message: m.DispatchTask) -> c.Order:
    """Give the answer to a task of the internal node type `expression`, as an evaluator would."""
    arguments = json.loads(message.arguments)
    if "schema" in arguments:
        found = JsonSchemaValidator(Patience.WITHOUT).violations(arguments["schema"], arguments["input"])
        return c.CompleteTask(path=message.path, attempt=message.attempt, output=json.dumps(found))
    try:
        value = asyncio.run(_evaluate(arguments["source"], arguments["input"]))
    except ExpressionFailed as failure:
        error = {"type": "https://serverlessworkflow.io/spec/1.0.0/errors/expression", "detail": str(failure)}
        return c.FailTask(path=message.path, attempt=message.attempt, error=json.dumps(error))
    return c.CompleteTask(path=message.path, attempt=message.attempt, output=value)


async def _evaluate(source: str, text: str) -> str:
    async with EvaluatorPool(size=1) as pool:
        return await pool.evaluate(source, text)
