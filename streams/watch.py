"""Liveness by progress: a process that has work and does none is ended, so that its supervisor starts it anew.

Faust has known ways to hang after a rebalance, and a hung consumer looks healthy from outside. So nothing is asked of
Faust here: the ends of the partitions come from the broker by another client.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.errors import InfrastructureError
from infra.kafka import KafkaConnection, committed_offsets, watermarks
from streams.metrics import Metrics

LOG = logging.getLogger(__name__)

EXIT_CODE = 70
EVERY_S = 5.0
STALLED_AFTER_S = 45.0


@dataclass(slots=True, kw_only=True)
class ProgressWatch:
    """Watches the partitions of a topic that this process works on."""

    connection: KafkaConnection
    group: str
    topic: str
    metrics: Metrics
    #: Gives the partitions of the topic that are assigned to this process.
    assigned: Callable[[], set[int]]
    stalled_after_s: float = STALLED_AFTER_S
    #: Ends the process; an argument so that tests can look.
    give_up: Callable[[int], object] = os._exit

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Measure the lag; end the process if there is some and nothing was done for too long."""
        before = self.metrics.progress.at
        try:
            lag = await asyncio.to_thread(self._lag, self.assigned())
        except InfrastructureError as error:
            LOG.warning("lag unknown: %s", error)
            self.metrics.progress.note()
            return
        for partition, records in lag.items():
            self.metrics.lag.labels(partition).set(records)
        if sum(lag.values()) == 0:
            self.metrics.progress.note()
        elif self.metrics.progress.at == before and self.metrics.progress.age_s > self.stalled_after_s:
            LOG.critical(
                "expected progress with %d records waiting, found none for %.0f s; ending, to be started anew",
                sum(lag.values()),
                self.metrics.progress.age_s,
            )
            self.give_up(EXIT_CODE)

    def _lag(self, partitions: set[int]) -> Mapping[int, int]:
        if not partitions:
            return {}
        ends = watermarks(self.connection, self.topic)
        done = committed_offsets(self.connection, self.group, self.topic)
        return {number: max(0, ends[number].high - done.get(number, ends[number].low)) for number in partitions}
