"""Validator processes."""

from __future__ import annotations

import json
import os
import signal

import pytest

from expressions.limits import Limits
from language.validator_pool import ValidatorPool
from tests.eventually import eventually

PATIENT = Limits(deadline_s=60.0)
LIST = {"type": "array", "items": {"type": "integer"}}


async def violations(pool: ValidatorPool, schema: object, data: object) -> list[str]:
    found: list[str] = json.loads(await pool.violations(json.dumps(schema), json.dumps(data)))
    return found


async def test_violations_are_told_as_in_the_engine() -> None:
    async with ValidatorPool(PATIENT) as pool:
        assert await violations(pool, LIST, [1] * 5000) == []
        assert await violations(pool, LIST, [1, "é"]) == [
            '/1: item 2 of the document must be a whole number, not text "é"'
        ]
        assert await violations(pool, {"$ref": "#/$defs/a", "$defs": {"a": {"pattern": "^b"}}}, "ab") != []


async def test_a_validation_that_takes_too_long_is_ended_and_the_next_one_works() -> None:
    doubling = {"$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(30)} | {"d30": True}}
    async with ValidatorPool(Limits(deadline_s=0.2)) as pool:
        (said,) = await violations(pool, {"$ref": "#/$defs/d0", **doubling}, 1)
        assert "cannot be validated" in said
    async with ValidatorPool(PATIENT) as pool:
        (said,) = await violations(pool, {"$ref": "#/$defs/d0", **doubling}, 1)
        assert "too many steps" in said


async def test_a_process_that_was_killed_is_replaced() -> None:
    async with ValidatorPool(PATIENT) as pool:
        assert await violations(pool, LIST, [1]) == []
        (pid,) = pool.pids
        os.kill(pid, signal.SIGKILL)
        assert await _tolerant(pool) == []
    with pytest.raises(ProcessLookupError):
        eventually(lambda: os.kill(pid, 0))


async def _tolerant(pool: ValidatorPool) -> list[str]:
    for _ in range(3):
        found = await violations(pool, LIST, [2])
        if not found:
            return found
    return found
