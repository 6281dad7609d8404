"""The thread of a role's process that talks to the broker, as Faust runs it, with Faust's gaps closed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

import aiokafka
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

LOG = logging.getLogger(__name__)

#: How long the broker may hold back the answer to a fetch while there is nothing new.
FETCH_WAIT_MS = 100


class Record(Protocol):
    """One record of a batch."""

    topic: str
    partition: int
    offset: int
    #: Unix milliseconds.
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to the broker. A failed commit of offsets does not end it."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        """Give a consumer whose idle fetches are short: a broker answers nothing else on a connection meanwhile."""
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001 - Faust has no setting for it
        consumer._fetch_min_bytes = getattr(self.app, "fetch_min_bytes", 1)  # noqa: SLF001
        return consumer

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go back to the committed offsets, and to the beginning of partitions that have none."""
        found: Mapping[TP, int] = await self.call_thread(self._seek_to_committed)
        return found

    async def _seek_to_committed(self) -> Mapping[TP, int]:
        consumer = self._ensure_consumer()
        if not consumer.assignment():
            return {}
        committed: Mapping[TP, int] = await consumer.seek_to_committed()
        acknowledged = self.app.topics.acks_enabled_for
        unset = [tp for tp, offset in committed.items() if not offset and acknowledged(tp.topic)]
        if unset:
            await consumer.seek_to_beginning(*unset)
        return committed

    async def give_back(self, fetched: Mapping[TP, Sequence[Record]]) -> None:
        """Let records be fetched again that were fetched and reached no stream: a rebalance or a pause came between.

        Faust drops them, although the consumer stands behind them. Where somebody sought elsewhere since, that stays.
        """
        await self.call_thread(self._give_back, fetched)

    async def _give_back(self, fetched: Mapping[TP, Sequence[Record]]) -> None:
        consumer = self._ensure_consumer()
        for tp, records in fetched.items():
            found = driver.ensure_aiokafka_TP(tp)
            if found not in consumer.assignment():
                continue
            state = consumer._subscription.subscription.assignment.state_value(found)  # noqa: SLF001 - the position now
            if state.has_valid_position and state.position == records[-1].offset + 1:
                consumer.seek(found, records[0].offset)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        consumer = self._ensure_consumer()
        assigned = self.assignment()
        wanted = {driver.ensure_aiokafka_TP(tp): offset for tp, offset in offsets.items() if tp in assigned}
        if not wanted:
            return False
        try:
            await consumer.commit(wanted)
        except (CommitFailedError, IllegalStateError) as error:
            LOG.info("offsets not committed, the group is rebalancing: %s", error)
            return False
        except KafkaError as error:
            LOG.warning("offsets not committed, will try again: %s", error)
            return False
        return True
