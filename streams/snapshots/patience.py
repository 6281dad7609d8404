"""Doing things again until Postgres and Kafka are there, and saying what is waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from infra.errors import Unreachable

Given = TypeVar("Given")
LOG = logging.getLogger(__name__)

#: What is raised while Postgres or Kafka is away.
AWAY = (Unreachable, ConnectionError)

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0


class Patience:
    """Calls things until they work. `waiting_for` says what it waits for, `None` when for nothing.

    `on_wait` and `on_return` are called when it begins and ends to wait, `on_try` at each attempt that fails.
    """

    def __init__(self, on_wait: Callable[[], None], on_return: Callable[[], None], on_try: Callable[[], None]) -> None:
        self._on_try = on_try
        self._on_wait = on_wait
        self._on_return = on_return
        self._wait_s = FIRST_WAIT_S
        self.waiting_for: str | None = None

    async def until_done(self, call: Callable[[], Given]) -> Given:
        """Give what `call` gives, once it does not find Postgres or Kafka away any more."""
        while True:
            try:
                given = call()
            except AWAY as error:
                await self.wait(error)
            else:
                self._note(None)
                self._wait_s = FIRST_WAIT_S
                return given

    async def until_done_beside(self, call: Callable[[], Given]) -> Given:
        """Do the same in a thread: for calls that are rare and may take long, so that the loop stays free."""
        while True:
            try:
                given = await asyncio.to_thread(call)
            except AWAY as error:
                await self.wait(error)
            else:
                self._note(None)
                self._wait_s = FIRST_WAIT_S
                return given

    async def wait(self, error: Exception) -> None:
        """Wait a while because of `error`, each time twice as long."""
        self._note(str(error))
        self._on_try()
        await asyncio.sleep(self._wait_s)
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)

    def _note(self, reason: str | None) -> None:
        if (reason is None) != (self.waiting_for is None):
            LOG.warning("waiting: %s", reason) if reason else LOG.warning("going on")
            self._on_wait() if reason else self._on_return()
        self.waiting_for = reason
