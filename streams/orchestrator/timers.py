"""Durable timers of one partition: which is due next, by the clock of the broker.

A timer lives in its run's state, hence in the log; this is only the alarm clock. What is due becomes a `FireTimer`
command, and the rules decide by the timestamp the broker gave that command. So a timer never fires early, whatever the
clocks of the machines say: too early a command is refused, and the timer is armed again.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Timer = tuple[str, str]


@dataclass(slots=True)
class BrokerClock:
    """What the broker's clock says now, learned from the timestamps it gives to records.

    A record's timestamp is a lower bound of the broker's clock when the record arrives. The best bound so far is
    kept, so this clock is late by the fastest delivery seen, and never ahead unless the broker's is set back.
    """

    monotonic_s: Callable[[], float] = time.monotonic
    wall_s: Callable[[], float] = time.time
    _ahead_ms: float | None = None

    def observe(self, at_ms: int) -> None:
        """Learn from the timestamp of a record that just arrived."""
        ahead_ms = at_ms - self.monotonic_s() * 1000
        if self._ahead_ms is None or ahead_ms > self._ahead_ms:
            self._ahead_ms = ahead_ms

    def correct(self, at_ms: int) -> None:
        """Believe the timestamp of a record that just arrived, also if this sets the clock back."""
        self._ahead_ms = at_ms - self.monotonic_s() * 1000

    def now_ms(self) -> int:
        """Give the time, Unix milliseconds. Before the first record it is this machine's."""
        if self._ahead_ms is None:
            return int(self.wall_s() * 1000)
        return int(self.monotonic_s() * 1000 + self._ahead_ms)


@dataclass(slots=True)
class Timers:
    """Armed timers, by instant."""

    _heap: list[tuple[int, Timer]] = field(default_factory=list)
    #: The instant each armed timer is due; entries of the heap that differ are void.
    _armed: dict[Timer, int] = field(default_factory=dict)

    def arm(self, run_id: str, timer_id: str, fire_at_ms: int) -> None:
        """Ring for this timer at `fire_at_ms`. A timer that is armed already is set to the new instant."""
        timer = (run_id, timer_id)
        if self._armed.get(timer) != fire_at_ms:
            self._armed[timer] = fire_at_ms
            heapq.heappush(self._heap, (fire_at_ms, timer))

    def due(self, now_ms: int) -> list[Timer]:
        """Take out what is due, in order of its instant."""
        found = []
        while self._heap and self._heap[0][0] <= now_ms:
            fire_at_ms, timer = heapq.heappop(self._heap)
            if self._armed.get(timer) == fire_at_ms:
                del self._armed[timer]
                found.append(timer)
        return found

    def next_at_ms(self) -> int | None:
        """Give the instant of the next timer, `None` if none is armed."""
        return self._heap[0][0] if self._heap else None

    def keep(self, wanted: Callable[[str, int], bool]) -> None:
        """Forget the timers for which `wanted(run_id, fire_at_ms)` is false."""
        self._armed = {timer: at_ms for timer, at_ms in self._armed.items() if wanted(timer[0], at_ms)}
        self._heap = [(at_ms, timer) for timer, at_ms in self._armed.items()]
        heapq.heapify(self._heap)

    def __len__(self) -> int:
        return len(self._armed)
