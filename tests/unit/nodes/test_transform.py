from __future__ import annotations

import json
from typing import Any

import pytest

from expressions.limits import Limits
from expressions.pool import EvaluatorPool
from nodes.errors import NodeError
from nodes.provisions import Provisions, instance_of
from nodes.transform import Transform, TransformArguments

UNBOUNDED = "[range(.)] | length"


async def run(node: Transform, expression: str, given: Any = None, **variables: Any) -> Any:
    arguments = TransformArguments(expression=expression, input=given, variables=variables)
    return json.loads(await node.run(arguments, ctx=None))  # type: ignore[arg-type]


async def test_the_first_result_is_the_output() -> None:
    assert await run(Transform(), "[.[] | .amount] | add", [{"amount": 2}, {"amount": 3}]) == 5
    assert await run(Transform(), ".[] | .a", [{"a": 1}, {"a": 2}]) == 1
    assert await run(Transform(), "empty") is None


async def test_variables_are_given_by_name() -> None:
    assert await run(Transform(), "{who: $name, n: ($list | length)}", name="Anna", list=[1, 2]) == {
        "who": "Anna",
        "n": 2,
    }


async def test_a_missing_variable_is_named_with_those_there_are() -> None:
    with pytest.raises(NodeError, match=r"expected \$name in `variables`, found \$nome"):
        await run(Transform(), "$name", nome=1)


@pytest.mark.parametrize("expression", ["env.PATH", "$ENV", "now", ".a | tonumber", "]"])
async def test_what_is_refused_or_fails_is_an_error_of_type_expression(expression: str) -> None:
    with pytest.raises(NodeError) as caught:
        await run(Transform(), expression, {"a": "x"})

    assert caught.value.problem["type"].endswith("/expression")
    assert not caught.value.retryable


async def test_what_is_not_bounded_runs_outside_and_can_be_killed() -> None:
    async with EvaluatorPool(Limits(deadline_s=1), size=1) as pool:
        node = instance_of(Transform, Provisions(evaluate=pool.evaluate))

        assert await run(node, UNBOUNDED, 10) == 10
        with pytest.raises(NodeError, match="longer than the limit"):
            await run(node, "def f: f; f")


async def test_a_worker_without_evaluators_says_so() -> None:
    with pytest.raises(NodeError, match="no evaluator processes"):
        await run(Transform(), UNBOUNDED, 10)
