"""The arguments of a task with their secret parts filled in. They live in this process only."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import EvaluateOutside, ExpressionFailed
from engine.messages import DispatchTask
from expressions.evaluator import JqEvaluator
from nodes.errors import fault
from streams.worker.secrets import Secrets, used_secrets

#: Evaluates a program on prepared text in a killable process. Raises `ExpressionFailed`.
EvaluateOutsideProcess = Callable[[str, str], Awaitable[str]]

#: Gives the authorization that arguments say, `{scheme, parameter}`, if they say one. Raises `NodeError`.
Authorize = Callable[[Any], Awaitable[Mapping[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class SecretArguments:
    """Fills in what the orchestrator left out because it needs secrets."""

    secrets: Secrets
    evaluator: JqEvaluator
    evaluate_outside: EvaluateOutsideProcess

    async def fill(self, task: DispatchTask, authorize: Authorize | None = None) -> tuple[Any, list[Any]]:
        """Give the task's arguments, and every secret that is in them. Raises `NodeError`.

        What uses `$authorization` comes last: the arguments themselves say what that is.
        """
        arguments = json.loads(task.arguments)
        known: list[Any] = []
        authorization = None
        parts = json.loads(task.secret_expressions or "[]")
        for part in sorted(parts, key=_is_authorized):
            if authorize is not None and authorization is None and _is_authorized(part):
                authorization = await authorize(arguments)
                known += [] if authorization is None else [authorization.get("parameter")]
            found = await self._read(task.namespace, part["source"])
            known += found.values()
            values = {"secrets": json.dumps(found), "authorization": json.dumps(authorization)}
            value = await self._evaluated(part["source"], part["input"], values)
            arguments = placed(arguments, part["pointer"], json.loads(value))
        return arguments, known

    async def _read(self, namespace: str, source: str) -> dict[str, Any]:
        names = used_secrets(source)
        found = {name: await self.secrets.fetched(namespace, name) for name in names}
        missing = [name for name, value in found.items() if value is None]
        if missing:
            raise fault(
                "configuration",
                f"expected a secret called {' and '.join(map(repr, missing))}, found none;"
                " use `agentos secrets set NAME`, or set AGENTOS_SECRET_NAME where workers run, or put a file into"
                " AGENTOS_SECRETS_DIR",
            )
        return found

    async def _evaluated(self, source: str, prepared: str, hidden: Mapping[str, str]) -> str:
        try:
            names = self.evaluator.program(source).variables
            data, *values = json.loads(prepared) if names else [json.loads(prepared)]
            texts: dict[str, str] = {**dict(zip(names, map(json.dumps, values), strict=True)), **hidden}
            try:
                return self.evaluator.evaluate(source, json.dumps(data), texts.__getitem__)
            except EvaluateOutside:
                whole = self.evaluator.prepare(source, json.dumps(data), texts.__getitem__)
                return await self.evaluate_outside(source, whole)
        except ExpressionFailed:
            # Its message may hold parts of its input, and its input is a secret.
            raise fault("expression", f"the expression `{source}`, which uses secrets, failed") from None


def _is_authorized(part: Mapping[str, Any]) -> bool:
    return "$authorization" in part["source"]


def placed(whole: Any, pointer: str, value: Any) -> Any:
    """Give `whole` with `value` at a JSON Pointer that leads to something in it."""
    if not pointer:
        return value
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
    holder = whole
    for part in parts[:-1]:
        holder = holder[int(part)] if isinstance(holder, list) else holder[part]
    holder[int(parts[-1]) if isinstance(holder, list) else parts[-1]] = value
    return whole
