from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import BaseModel

from engine.commands import CompleteTask, FailTask
from engine.messages import DispatchTask
from expressions.evaluator import JqEvaluator
from nodes.base import JsonText, TaskContext
from nodes.registry import node_type
from streams.worker.arguments import SecretArguments
from streams.worker.execution import Execution, LoadedNode, Toolbox
from streams.worker.secrets import EnvironmentSecrets, Secrets


class Answer(BaseModel):
    text: str
    inner: list[float] = []


class Busy(Exception):
    """What a plug-in raises that imports nothing of ours."""

    def __init__(self) -> None:
        super().__init__("busy")
        self.problem = {"type": "https://example.com/busy", "status": 503, "detail": "come back \ud800"}
        self.retryable = True


class Odd:
    """Does what its arguments say."""

    name = "odd"
    version = "1"

    class With(BaseModel):
        do: str

    async def run(self, with_: With, ctx: TaskContext) -> Any:
        match with_.do:
            case "model":
                return Answer(text="é", inner=[1.5])
            case "text":
                return JsonText('{"kept":1.10}')
            case "nothing":
                return None
            case "nan":
                return [float("nan")]
            case "object":
                return object()
            case "busy":
                raise Busy
            case "recurse":
                return await self.run(with_, ctx)
            case "deep":
                deep: Any = []
                for _ in range(2000):
                    deep = [deep]
                return deep
            case "leak":
                raise RuntimeError(f"wrong key {ctx.secret('key')}")
            case "show":
                ctx.progress("token", f"using {ctx.secret('key')}")
                ctx.log("done")
                return ctx.idempotency_key
            case _:
                raise ValueError(with_.do)


SHOWN: list[tuple[str, str]] = []


def show(task: DispatchTask, kind: str, text: str) -> None:
    SHOWN.append((kind, text))


async def outside(source: str, prepared: str) -> str:
    raise AssertionError


EXECUTION = Execution(
    {"odd": LoadedNode(type=node_type(Odd, "here"), instance=cast("Any", Odd()))},
    Toolbox(
        http=cast("Any", None),
        secret_arguments=SecretArguments(
            Secrets([EnvironmentSecrets({"AGENTOS_SECRET_KEY": "s3cret"})]), JqEvaluator(), outside
        ),
        show=show,
        payload_bytes_max=100_000,
    ),
)


async def run(arguments: str) -> CompleteTask | FailTask:
    task = DispatchTask(
        run_id="r",
        path="/do/0/a",
        attempt=2,
        node_type="odd",
        arguments=arguments,
        secret_expressions=None,
        deadline_ms=0,
        namespace="n",
        name="w",
        version="1",
    )
    return await EXECUTION.run(task, 0)


async def output(do: str) -> str:
    result = await run(json.dumps({"do": do}))
    assert isinstance(result, CompleteTask), result
    assert result.attempt == 2
    return result.output


async def error(arguments: str) -> tuple[dict[str, Any], bool]:
    result = await run(arguments)
    assert isinstance(result, FailTask), result
    result.error.encode()
    return json.loads(result.error), result.retryable


async def test_outputs_are_json_text() -> None:
    assert json.loads(await output("model")) == {"text": "é", "inner": [1.5]}
    assert await output("text") == '{"kept":1.10}'
    assert await output("nothing") == "null"
    assert await output("nan") == "[null]"


@pytest.mark.parametrize("do", ["object", "recurse", "deep", "what"])
async def test_what_goes_wrong_in_a_node_is_a_runtime_error(do: str) -> None:
    found, retryable = await error(json.dumps({"do": do}))

    assert (found["type"].rsplit("/")[-1], found["status"], retryable) == ("runtime", 500, False)


async def test_a_problem_of_a_plug_in_is_passed_on() -> None:
    found, retryable = await error('{"do": "busy"}')

    assert found == {
        "type": "https://example.com/busy",
        "status": 503,
        "title": "Runtime Error",
        "detail": "come back ?",
    }
    assert retryable


@pytest.mark.parametrize("arguments", ['{"do": 1}', "{}", "null", "[" * 5000, '{"do": "\\ud800"}'])
async def test_arguments_that_do_not_fit_are_a_validation_error(arguments: str) -> None:
    found, _ = await error(arguments)

    assert found["type"].endswith("/validation")
    assert "the arguments do not fit odd" in found["detail"]


async def test_a_secret_the_node_asked_for_is_in_no_error_and_in_nothing_shown(tmp_path: Path) -> None:
    found, _ = await error('{"do": "leak"}')
    key = await output("show")

    assert found["detail"] == "RuntimeError: wrong key ***"
    assert json.loads(key) == "r/do/0/a/2"
    assert SHOWN == [("token", "using ***"), ("log", "done")]
