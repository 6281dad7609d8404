"""The provider `scripted` of models, for documents that bring their script along: nothing else is asked."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NoReturn

from pydantic import ValidationError

from engine import commands as c
from engine import messages as m
from nodes.base import Outbound, TaskContext
from nodes.errors import NodeError, fault


class _Quiet:
    """What a task is given here: nobody watches, and there are no secrets and no network."""

    @property
    def http(self) -> Outbound:
        return self._refuse()

    def progress(self, kind: str, text: str) -> None:
        """Show nothing."""

    def secret(self, name: str) -> None:
        """Know no secret."""

    def conceal(self, secret: Any) -> None:
        """Hide nothing."""

    def log(self, level: int, text: str) -> None:
        """Write nothing."""

    def _refuse(self) -> NoReturn:
        raise fault("communication", "a played document reaches nobody")


def brings_script(message: m.DispatchTask) -> bool:
    """Tell whether a task is a model call that is answered by the script in its own arguments."""
    if message.node_type != "model":
        return False
    arguments = json.loads(message.arguments)
    return arguments.get("provider") == "scripted" and arguments.get("script") is not None


def answered(message: m.DispatchTask) -> c.Order:
    """Give what the node type `model` answers."""
    try:
        output = asyncio.run(_answer(message))
    except NodeError as error:
        problem = json.dumps(error.problem)
        return c.FailTask(path=message.path, attempt=message.attempt, error=problem, retryable=error.retryable)
    return c.CompleteTask(path=message.path, attempt=message.attempt, output=json.dumps(output))


async def _answer(message: m.DispatchTask) -> Any:
    # The libraries of the providers take long to load, and most documents have no model.
    from nodes.model import Model

    try:
        arguments = Model.With.model_validate_json(message.arguments)
    except ValidationError as error:
        raise fault("validation", str(error)) from None
    context = TaskContext(run_id=message.run_id, path=message.path, attempt=message.attempt, services=_Quiet())
    return await Model().run(arguments, context)
