from __future__ import annotations

import asyncio
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from engine.errors import EvaluateOutside, ExpressionFailed
from expressions.evaluator import JqEvaluator
from expressions.limits import Limits
from expressions.pool import EvaluatorPool
from tests.unit.expressions.programs import hostile, programs, values

ROOT = Path(__file__).parents[3]
#: Far above the budget of 15 ms, far below what an unbounded program takes.
KILL_S = 20.0
SIZES = (4, 200, 2000, 20_000)
HOSTILE = """
map(.a * .b)
[.[] * 1000000000]
.a * .b
map(. - $context)
map(. < $context)
map(. + $context) | add
map(index($context))
[.[] | ($context | tojson)]
[.[] | try ($context | floor) catch .]
[.[] as $x | .[] as $y | $x + $y]
[.[]?, .[]?] | sort
[.[]] | group_by(.)
[.[]] | unique
flatten
with_entries(.value |= tojson)
.. |= .
del(.[])
.[] += 1
map_values(empty)
{(.[] | tostring): .}
tojson | tojson
"\\(.[]?)-\\(.[]?)-\\(.[]?)"
[limit(1000000000; .[]?)]
join($context | tostring)
contains($context)
""".strip().split("\n")
ORDERLY = """
keys
keys_unsorted
to_entries
[.[]] | unique
[.[]] | group_by(.)
to_entries | sort_by(.value)
@json
tojson
.
add
map_values(1)
with_entries(.value |= 1)
del(.k3, .k7)
. + {z: 1, a: 2}
. * {k1: {x: 1}}
[.[]]
[..]
[paths]
tostream
reduce to_entries[] as $e ({}; .[$e.value | tostring] = $e.key)
[limit(5; .[])]
INDEX(.)
""".strip().split("\n")
DATA = {size: hostile(size) for size in SIZES}


class Arena:
    """A process that evaluates in process, and is killed when it does not answer."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("arena.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout or 0, selectors.EVENT_READ)

    def evaluate(self, program: str, data: str) -> bool:
        """Tell whether the program ran in process on these data."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([program, data]) + "\n")
        self._process.stdin.flush()
        assert self._selector.select(KILL_S), f"{program!r} ran longer than {KILL_S} s on {data[:80]!r}"
        cpu_s, ran = json.loads(self._process.stdout.readline() or "null")
        assert cpu_s < 1.0, f"{program!r} took {cpu_s} s on {data[:80]!r} ({len(data)} characters)"
        return bool(ran)

    def close(self) -> None:
        self._selector.close()
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    arena = Arena()
    yield arena
    arena.close()


@given(programs())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_runs_in_process_ends_soon_on_the_worst_data(arena: Arena, program: str) -> None:
    for kind in range(len(DATA[SIZES[0]])):
        for size in SIZES:
            if not arena.evaluate(program, DATA[size][kind]):
                break


@pytest.mark.parametrize("program", HOSTILE)
def test_a_hostile_program_ends_soon_or_is_evaluated_outside(arena: Arena, program: str) -> None:
    for kind in range(len(DATA[SIZES[0]])):
        for size in SIZES:
            arena.evaluate(program, DATA[size][kind])


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def pool(runner: asyncio.Runner) -> Iterator[EvaluatorPool]:
    pool = EvaluatorPool(Limits(deadline_s=60.0), size=2)
    runner.run(pool.start())
    yield pool
    runner.run(pool.aclose())


@given(programs(), values())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_in_process_and_outside_give_the_same(
    runner: asyncio.Runner, pool: EvaluatorPool, program: str, data: str
) -> None:
    evaluator = JqEvaluator()
    context = '{"a":[1,{"b":"x"}],"b":2}'
    prepared = evaluator.prepare(program, data, lambda _name: context)
    try:
        inside = evaluator.evaluate(program, data, lambda _name: context)
    except EvaluateOutside:
        return
    except ExpressionFailed as failed:
        with pytest.raises(ExpressionFailed) as outside:
            runner.run(pool.evaluate(program, prepared))
        assert str(outside.value).partition("; input: ")[0] == str(failed).partition("; input: ")[0]
    else:
        assert runner.run(pool.evaluate(program, prepared)) == inside


@pytest.mark.parametrize("source", ORDERLY)
def test_every_process_gives_the_same_text(runner: asyncio.Runner, pool: EvaluatorPool, source: str) -> None:
    data = json.dumps({f"k{number * 7919 % 211}": number % 13 for number in range(211)})
    found = {runner.run(pool.evaluate(source, data)) for _ in range(4)}
    with suppress(EvaluateOutside):
        found.add(JqEvaluator().evaluate(source, data, str))
    assert len(found) == 1
