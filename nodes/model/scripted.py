"""The provider `scripted`: its answers stand in a file or in the task itself. It is as deterministic as they are.

A script is a list of turns, or an object with `turns`. A turn is an answer, or a list of what each attempt gets (the
last one counts for all further attempts). Turn n answers a conversation in which the assistant spoke n times before.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from nodes.base import TaskContext
from nodes.errors import NodeError, fault, passing_fault
from nodes.http.outcome import PASSING
from nodes.model.answer import Answer, Usage
from nodes.model.arguments import ModelArguments, Shape, ToolCall
from nodes.model.failures import OVERLOADED, TOO_MANY, blocked
from nodes.provisions import ReadYaml

WHERE = "scripted model"
FILE_BYTES_MAX = 4 * 1024 * 1024
#: A token of text is about as many characters, where a script does not say how many there are.
CHARACTERS_PER_TOKEN = 4

_PIECE = re.compile(r"\S+\s*|\s+")


class ScriptedCall(Shape):
    """A tool that the script wants to be called."""

    name: str
    arguments: dict[str, Any] = Field(default={})
    id: str | None = None
    invalid_arguments: str | None = None


class ScriptedUsage(Shape):
    """Tokens that the answer is said to have taken."""

    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)


class ScriptedError(Shape):
    """An error in place of an answer: `safety`, or a status such as 429."""

    kind: Literal["safety"] | None = None
    status: int = Field(default=500, ge=400, le=599)
    detail: str = "as the script says"
    retry_after_ms: int | None = Field(default=None, ge=0)
    retryable: bool | None = Field(default=None, description="Else as the status says.")


class ScriptedTurn(Shape):
    """An answer."""

    text: str = ""
    json_: Any = Field(default=None, alias="json", description="Values that are the text, as JSON.")
    tool_calls: list[ScriptedCall] = Field(default=[])
    finish_reason: str | None = None
    usage: ScriptedUsage | None = None
    delay_ms: int = Field(default=0, ge=0, le=600_000, description="How long the answer takes, spread over its words.")
    error: ScriptedError | None = None


TURNS: TypeAdapter[list[ScriptedTurn | list[ScriptedTurn]]] = TypeAdapter(list[ScriptedTurn | list[ScriptedTurn]])


class Scripted:
    """Answers from scripts."""

    def __init__(self, folder: Path | None, read_yaml: ReadYaml | None) -> None:
        self._folder = folder
        self._read_yaml: ReadYaml = read_yaml or json.loads

    async def ask(self, with_: ModelArguments, ctx: TaskContext) -> Answer:
        """Give the answer of the turn."""
        number = with_.turn
        if number is None:
            number = sum(message.role == "assistant" for message in with_.messages)
        turn = _turn(self._turns(with_), number, ctx.attempt)
        if turn.error is not None:
            await asyncio.sleep(turn.delay_ms / 1000)
            raise _error(turn.error)
        return await _answer(turn, number, with_, ctx)

    def _turns(self, with_: ModelArguments) -> list[ScriptedTurn | list[ScriptedTurn]]:
        script = self._read(with_.script) if isinstance(with_.script, str) else with_.script
        if script is None:
            raise fault("configuration", "expected `script` for the provider `scripted`, found none")
        try:
            return TURNS.validate_python(script.get("turns") if isinstance(script, Mapping) else script)
        except ValidationError as error:
            told = "; ".join(f"{'/'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()[:3])
            raise fault("configuration", f"expected a script of turns, found: {told}") from None

    def _read(self, name: str) -> Any:
        if self._folder is None:
            raise fault(
                "configuration",
                f"expected the folder of the script {name!r} in AGENTOS_MODEL_SCRIPTS_DIR, found none; set it where"
                " workers run, or write the turns into the task",
            )
        folder = self._folder.resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder) or not path.is_file() or path.stat().st_size > FILE_BYTES_MAX:
            raise fault("configuration", f"expected a script called {name!r} in AGENTOS_MODEL_SCRIPTS_DIR, found none")
        try:
            return self._read_yaml(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise fault("configuration", f"expected YAML or JSON in the script {name!r}, found: {error}") from None


def _turn(turns: list[ScriptedTurn | list[ScriptedTurn]], number: int, attempt: int) -> ScriptedTurn:
    if number >= len(turns):
        raise fault(
            "configuration", f"expected a turn {number} in the script, found {len(turns)} turns (0 is the first)"
        )
    found = turns[number]
    if isinstance(found, ScriptedTurn):
        return found
    if not found:
        raise fault("configuration", f"expected at least one attempt in turn {number} of the script, found none")
    return found[min(max(attempt, 1), len(found)) - 1]


async def _answer(turn: ScriptedTurn, number: int, with_: ModelArguments, ctx: TaskContext) -> Answer:
    text = turn.text if turn.json_ is None else json.dumps(turn.json_, ensure_ascii=False)
    answer = Answer(model=with_.model)
    pieces = _PIECE.findall(text)
    for piece in pieces:
        await asyncio.sleep(turn.delay_ms / 1000 / len(pieces))
        ctx.progress("token", piece)
        answer.add_text(piece)
    if not pieces:
        await asyncio.sleep(turn.delay_ms / 1000)
    answer.tool_calls = [
        ToolCall(
            id=call.id or f"call-{number}-{index}",
            name=call.name,
            arguments=call.arguments,
            invalid_arguments=call.invalid_arguments,
        )
        for index, call in enumerate(turn.tool_calls)
    ]
    answer.finish_reason = turn.finish_reason or ("tool_calls" if turn.tool_calls else "stop")
    answer.usage = _usage(turn, text, with_)
    return answer


def _usage(turn: ScriptedTurn, text: str, with_: ModelArguments) -> Usage:
    if turn.usage is not None:
        return Usage(**turn.usage.model_dump())
    asked = sum(len(message.text) for message in with_.messages)
    calls = sum(len(call.name) + len(json.dumps(call.arguments)) for call in turn.tool_calls)
    return Usage(
        input_tokens=math.ceil(asked / CHARACTERS_PER_TOKEN),
        output_tokens=math.ceil((len(text) + calls) / CHARACTERS_PER_TOKEN),
    )


def _error(given: ScriptedError) -> NodeError:
    if given.kind == "safety":
        return blocked(WHERE, given.detail)
    reason = "rate-limit" if given.status == TOO_MANY else "overload" if given.status in OVERLOADED else None
    passing = given.status in PASSING | OVERLOADED if given.retryable is None else given.retryable
    make = passing_fault if passing else fault
    detail = f"{WHERE}: {given.detail}"
    return make("communication", detail, given.status, reason=reason, retryAfterMs=given.retry_after_ms)
