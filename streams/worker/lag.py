"""How far the worker is behind in each of its topics; it ends itself when it has work and does none.

As `streams.watch`, for several topics of one group, of which one is looked at in turn.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass

from infra.errors import InfrastructureError
from infra.kafka import KafkaConnection, committed_offsets, watermarks
from streams.watch import EVERY_S, EXIT_CODE, STALLED_AFTER_S
from streams.worker.figures import Figures

LOG = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class LagWatch:
    """Watches the partitions of some topics that this process works on."""

    connection: KafkaConnection
    group: str
    #: May grow while it is watched.
    topics: Collection[str]
    figures: Figures
    #: Gives the partitions of a topic that are assigned to this process.
    assigned: Callable[[str], set[int]]
    #: Tells whether tasks are under way in a topic: then waiting is no standstill.
    is_busy: Callable[[str], bool]
    stalled_after_s: float = STALLED_AFTER_S
    give_up: Callable[[int], object] = os._exit

    async def keep_looking(self) -> None:
        """Look at one topic after the other, for ever."""
        while True:
            for topic in list(self.topics) or [""]:
                await asyncio.sleep(EVERY_S)
                if topic:
                    await self.look(topic)

    async def look(self, topic: str) -> None:
        """Measure the lag of a topic; end the process if there is some and nothing was done for too long."""
        progress = self.figures.metrics.progress
        before = progress.at
        try:
            lag = await asyncio.to_thread(self._lag, topic, self.assigned(topic))
        except InfrastructureError as error:
            LOG.warning("lag unknown: %s", error)
            progress.note()
            return
        for partition, records in lag.items():
            self.figures.lag.labels(topic, partition).set(records)
        if sum(lag.values()) == 0 or self.is_busy(topic):
            progress.note()
        elif progress.at == before and progress.age_s > self.stalled_after_s:
            LOG.critical("%d tasks wait in %s and none was taken; ending, to be started anew", sum(lag.values()), topic)
            self.give_up(EXIT_CODE)

    def _lag(self, topic: str, partitions: set[int]) -> dict[int, int]:
        if not partitions:
            return {}
        ends = watermarks(self.connection, topic)
        done = committed_offsets(self.connection, self.group, topic)
        return {number: max(0, ends[number].high - done.get(number, ends[number].low)) for number in partitions}
