from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.errors import ExpressionFailed
from expressions.evaluator import JqEvaluator
from expressions.limits import Limits
from expressions.pool import EvaluatorPool
from expressions.worker import Worker
from tests.eventually import eventually

EVALUATOR = JqEvaluator()
VARIABLES = {"context": '{"a":3}', "secrets": '{"key":"hush"}'}
#: Long for what has to succeed on a busy machine, short for what has to be killed.
PATIENT, IMPATIENT = Limits(deadline_s=30.0), Limits(deadline_s=0.5)
FRUGAL = Limits(deadline_s=60.0, memory_bytes=64 * 1024 * 1024)


@pytest.fixture
async def pool() -> AsyncIterator[EvaluatorPool]:
    async with EvaluatorPool(PATIENT, size=1) as pool:
        yield pool


async def evaluate(pool: EvaluatorPool, source: str, data: str = "null") -> str:
    return await pool.evaluate(source, EVALUATOR.prepare(source, data, VARIABLES.__getitem__))


async def failure(pool: EvaluatorPool, source: str, data: str = "null") -> str:
    with pytest.raises(ExpressionFailed) as failed:
        await evaluate(pool, source, data)
    return str(failed.value)


@pytest.mark.parametrize(
    ("source", "data", "expected"),
    [
        ("reduce .[] as $x (0; . + $x)", "[1,2,3]", "6"),
        ("[foreach .[] as $x (0; . + $x)]", "[1,2,3]", "[1,3,6]"),
        ("def twice(f): f | f; twice(. * $context.a)", "2", "18"),
        ("[limit(3; range(1; 100))]", "null", "[1,2,3]"),
        ("[recurse(if . < 3 then . + 1 else empty end)]", "0", "[0,1,2,3]"),
        ('[.[] | select(test("^a"; "i"))]', '["Ab","b"]', '["Ab"]'),
        ('gsub("(?<d>[0-9])"; "<\\(.d)>")', '"a1b2"', '"a<1>b<2>"'),
        ('"ab" * 2', "null", '"abab"'),
        ('walk(if type == "number" then . + 1 else . end)', '{"a":[1]}', '{"a":[2]}'),
        ("[paths]", '{"a":[1]}', '[["a"],["a",0]]'),
        ("empty | ..", "null", "null"),
        ('[splits(", *")]', '"a, b"', '["a","b"]'),
        ('strptime("%Y-%m-%d") | mktime', '"2026-11-22"', "1795305600"),
    ],
)
async def test_what_is_not_bounded_gives_its_first_result(
    pool: EvaluatorPool, source: str, data: str, expected: str
) -> None:
    assert await evaluate(pool, source, data) == expected


@pytest.mark.parametrize(
    "source",
    ["def f: f; f", "last(repeat(1))", "[limit(1e9; repeat(1)) | empty]", "until(false; .)", "while(true; .) | empty"],
)
async def test_an_endless_loop_is_killed_at_its_deadline(source: str) -> None:
    async with EvaluatorPool(IMPATIENT, size=1) as pool:
        began = time.monotonic()
        assert "longer than the limit of 0.5 s" in await failure(pool, source)
        assert time.monotonic() - began < 20.0
        assert "the limit" in await failure(pool, source)


@pytest.mark.parametrize(
    "source",
    [
        '"a" * 1e9',
        ".[5e8] = 1",
        "[range(1e9)]",
        "[limit(1e9; repeat(1))]",
        "def f: [f]; f",
        "def f: 1 + f; f",
        'reduce range(60) as $i ("ab"; . + .)',
        "reduce range(60) as $i ([1]; [., .]) | tojson",
    ],
)
async def test_a_hungry_expression_fails_with_the_limit_and_the_next_one_has_a_fresh_process(
    source: str,
) -> None:
    async with EvaluatorPool(FRUGAL, size=1) as pool:
        assert "more memory than the limit of 64 MiB" in await failure(pool, source)
        assert await evaluate(pool, "1 + 1") == "2"


async def test_an_innocent_expression_does_not_pay_for_the_memory_of_others() -> None:
    async with EvaluatorPool(FRUGAL, size=1) as pool:
        for _ in range(3):
            await failure(pool, '"a" * 1e8 | length')
            assert await evaluate(pool, '"a" * 1e6 | length') == "1000000"


async def test_a_large_result_fails_with_the_limit() -> None:
    async with EvaluatorPool(Limits(deadline_s=30.0, output_bytes=1000, depth=10), size=1) as pool:
        assert "the limit of 1000" in await failure(pool, "[range(1000)]")
        assert "the limit of 10 levels" in await failure(pool, "reduce range(11) as $x (1; [.])")
        assert await evaluate(pool, "reduce range(10) as $x (1; [.])") == "[" * 10 + "1" + "]" * 10


async def test_a_large_input_is_taken_up_to_the_limit(pool: EvaluatorPool) -> None:
    million = json.dumps(["x" * 96] * 10_000)
    assert await evaluate(pool, "reduce .[] as $x (0; . + ($x | length))", million) == "960000"
    assert "limit of 4194304" in await failure(pool, "reduce .[] as $x (0; . + 1)", million * 5)


async def test_data_that_nests_too_deep_fails_and_leaves_the_process_alive(pool: EvaluatorPool) -> None:
    assert "depth limit" in await failure(pool, "..", "[" * 10_001 + "]" * 10_001)
    assert "failed at 1:1: [[[" in await failure(pool, "error | ..", "[" * 9_000 + "]" * 9_000)
    assert await evaluate(pool, "[..] | length", "[" * 400 + "]" * 400) == "400"


async def test_a_failure_names_expression_place_reason_and_input(pool: EvaluatorPool) -> None:
    message = await failure(pool, "reduce .[] as $x (0; . + $x) |\n  .a", "[1]")
    assert message.startswith("`reduce .[] as $x (0; . + $x) |\n  .a` failed at 2:3: Cannot index number with string")
    assert message.endswith("input: [1]")


async def test_secrets_are_not_in_the_message_of_a_failure(pool: EvaluatorPool) -> None:
    assert "hush" not in await failure(pool, "reduce $secrets.key as $k (0; . + $k)")


async def test_a_refused_expression_does_not_reach_a_process(pool: EvaluatorPool) -> None:
    assert "is refused at 1:1" in await failure(pool, "env")


async def test_one_evaluation_at_a_time_has_a_process_and_the_others_wait() -> None:
    async with EvaluatorPool(PATIENT, size=2) as pool:
        sources = [f"reduce range(1000) as $i ({number}; . + 1)" for number in range(20)]
        results = await asyncio.gather(*(evaluate(pool, source) for source in sources))
    assert results == [str(1000 + number) for number in range(20)]


async def test_a_cancelled_evaluation_frees_its_process(pool: EvaluatorPool) -> None:
    endless = asyncio.create_task(evaluate(pool, "def f: f; f"))
    await asyncio.sleep(0)
    endless.cancel()
    with pytest.raises(asyncio.CancelledError):
        await endless
    assert await evaluate(pool, "1 + 1") == "2"


async def test_the_process_is_confined() -> None:
    worker = Worker(PATIENT)
    await worker.start()
    try:
        environment = json.loads((await worker.run("$ENV | tojson", "null")).text)
        assert environment.keys() <= {"TZ", "LC_CTYPE"}, "the second one comes from the interpreter itself"
        assert (await worker.run('import "a" as a; 1', "null")).status == "E"
        found = limits_of(worker.pid)
        assert found["Max address space"] == str(PATIENT.memory_bytes)
        assert (found["Max open files"], found["Max file size"], found["Max processes"]) == ("3", "0", "0")
    finally:
        await worker.stop()


async def test_closing_the_pool_leaves_no_process() -> None:
    pool = EvaluatorPool(PATIENT, size=2)
    await pool.start()
    pids = pool.pids
    await pool.aclose()
    assert len(pids) == 2
    assert not [pid for pid in pids if is_running(pid)]


def test_the_processes_die_with_their_parent() -> None:
    script = (
        "import asyncio, expressions.pool as p\n"
        "async def main():\n"
        "    async with p.EvaluatorPool(size=1) as pool:\n"
        "        print(*pool.pids, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).parents[3]
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=root)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    eventually(lambda: not is_running(child), within_s=20.0)


def limits_of(pid: int | None) -> dict[str, str]:
    """Give the soft limits of a process by their names in `/proc`."""
    lines = Path(f"/proc/{pid}/limits").read_text(encoding="utf-8").splitlines()
    return {line[:26].strip(): line[26:].split()[0] for line in lines}


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
