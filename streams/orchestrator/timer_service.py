"""Rings the timers of this process's partitions: what is due becomes a `FireTimer` command on the same partition."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from engine.commands import Command, FireTimer
from schemas import codec
from streams.metrics import Metrics
from streams.orchestrator.partition import Partition
from streams.orchestrator.store import Partitions
from streams.outbox import Outbox, Outgoing

LOG = logging.getLogger(__name__)

ACTOR = "timer"
#: Timers further away than this need not be in memory when their run is not: Postgres has them.
HORIZON_MS = 10 * 60 * 1000
LONGEST_SLEEP_S = 60.0
#: How long to wait before asking again when a partition's timers cannot be read.
RETRY_S = 1.0
#: How many such waits lie between two looks at Postgres for timers that came near.
REFILL_ROUNDS = int(HORIZON_MS / 1000 / 4 / RETRY_S)


@dataclass(slots=True, kw_only=True)
class TimerService:
    """The alarm clock of a process."""

    commands_topic: str
    partitions: Partitions
    outbox: Outbox
    metrics: Metrics
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    #: Partitions whose stored timers could not be read.
    _unread: set[int] = field(default_factory=set)

    def wake(self) -> None:
        """Look at the timers now: one was armed."""
        self._wake.set()

    def arm_all(self, partition: Partition) -> None:
        """Arm every timer of a partition that was just recovered, and let it ring from now on."""
        for run_id, timer_id, fire_at_ms in partition.timers_in_memory():
            partition.timers.arm(run_id, timer_id, fire_at_ms)
        self._arm_stored(partition)
        partition.is_recovered = True
        self.wake()

    async def run(self) -> None:
        """Ring, for ever."""
        while True:
            delay_s = self.ring()
            try:
                async with asyncio.timeout(delay_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def refill(self) -> None:
        """Exchange timers with Postgres, for ever: take in those that come near, let far ones of evicted runs go."""
        rounds = 0
        while True:
            await asyncio.sleep(RETRY_S)
            rounds += 1
            is_due = rounds % REFILL_ROUNDS == 0
            for partition in self.partitions:
                if (
                    partition.is_recovered
                    and not partition.is_complete
                    and (is_due or partition.number in self._unread)
                ):
                    self._arm_stored(partition)
                    self._forget_far(partition)
                    self.wake()

    def ring(self) -> float:
        """Send what is due; give the seconds until the next timer."""
        delay_ms = LONGEST_SLEEP_S * 1000
        for partition in self.partitions:
            if not partition.is_recovered:
                continue
            now_ms = partition.clock.now_ms()
            self._send(partition, partition.timers.due(now_ms), now_ms)
            next_at_ms = partition.timers.next_at_ms()
            if next_at_ms is not None:
                delay_ms = min(delay_ms, next_at_ms - now_ms)
        self.outbox.poll()
        self.metrics.timers.set(sum(len(partition.timers) for partition in self.partitions))
        return max(delay_ms / 1000, 0.001)

    def _send(self, partition: Partition, timers: list[tuple[str, str]], now_ms: int) -> None:
        for run_id, timer_id in timers:
            if not _is_live(partition, run_id, timer_id):
                continue
            command = Command(
                run_id=run_id,
                command_id=f"{run_id}/{timer_id}/fire",
                actor=ACTOR,
                body=FireTimer(timer_id=timer_id),
            )
            record = Outgoing(
                topic=self.commands_topic,
                key=run_id.encode(),
                value=codec.encode(command),
                partition=partition.number,
            )
            self.outbox.write([record], _Rearm(partition, run_id, timer_id, now_ms, self))
            self.metrics.timers_fired.inc()

    def _arm_stored(self, partition: Partition) -> None:
        source = self.partitions.source
        if partition.is_complete or source is None:
            return
        try:
            due = source.timers_due(partition.number, partition.clock.now_ms() + HORIZON_MS)
        except ConnectionError as error:
            LOG.warning("timers of partition %d not read: %s", partition.number, error)
            self._unread.add(partition.number)
            return
        self._unread.discard(partition.number)
        for timer in due:
            if timer.run_id not in partition.runs:
                partition.timers.arm(timer.run_id, timer.timer_id, timer.fire_at_ms)

    def _forget_far(self, partition: Partition) -> None:
        horizon_ms = partition.clock.now_ms() + HORIZON_MS
        partition.timers.keep(lambda run_id, at_ms: at_ms <= horizon_ms or run_id in partition.runs)


@dataclass(slots=True)
class _Rearm:
    """Arms a timer again if its command could not be written."""

    partition: Partition
    run_id: str
    timer_id: str
    at_ms: int
    service: TimerService

    def __call__(self, error: Any, _message: Any) -> None:
        """Note what the producer reports."""
        if error is not None:
            self.partition.timers.arm(self.run_id, self.timer_id, self.at_ms + int(RETRY_S * 1000))
            self.service.wake()


def _is_live(partition: Partition, run_id: str, timer_id: str) -> bool:
    """Tell whether the timer may still count: a run that is not in memory is asked by the command itself."""
    state = partition.runs.get(run_id)
    return state is None or timer_id in getattr(state, "timers", {})
