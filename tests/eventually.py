"""Waiting for a condition with a deadline: the only place in the tests that lets time pass."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")

POLL_S = 0.02


def eventually(condition: Callable[[], Found], *, within_s: float = 10.0) -> Found:
    """Give the first true value of `condition`, asked again and again; fail with its last value after `within_s`."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"expected within {within_s} s: {condition}; last value: {found!r}")
        time.sleep(POLL_S)
    return found


async def eventually_async(condition: Callable[[], Awaitable[Found]], *, within_s: float = 10.0) -> Found:
    """Give the first true value of the coroutine `condition`, leaving the loop free in between; see `eventually`."""
    deadline = time.monotonic() + within_s
    while not (found := await condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"expected within {within_s} s: {condition}; last value: {found!r}")
        await asyncio.sleep(POLL_S)
    return found
