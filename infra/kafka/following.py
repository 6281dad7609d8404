"""Following partitions from given offsets, without a consumer group: what arrives is handed on at once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import cast

from confluent_kafka import KafkaError, TopicPartition

from infra.kafka.connection import KafkaConnection
from infra.kafka.consumer import ConsumerOptions, consumer
from infra.kafka.reading import RawMessage

LOG = logging.getLogger(__name__)
BATCH = 5_000

#: What is over by itself, or is said again on every attempt to reconnect.
_TRANSIENT = {
    KafkaError._PARTITION_EOF,  # noqa: SLF001  # public names of librdkafka's own codes
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    KafkaError._TRANSPORT,  # noqa: SLF001
}


class Follower:
    """Reads partitions from the offsets in `starts` (by topic and partition) and goes on with what is appended."""

    def __init__(self, connection: KafkaConnection, starts: Mapping[tuple[str, int], int]) -> None:
        self._reader = consumer(connection, "agentos-unused", ConsumerOptions(start="error"))
        self._reader.assign([TopicPartition(*place, offset) for place, offset in starts.items()])

    def next_batch(self, wait_s: float) -> list[RawMessage]:
        """Give what has arrived, as soon as there is anything; nothing after `wait_s`. Each partition is in order."""
        first = self._reader.poll(wait_s)
        if first is None:
            return []
        found = [first, *self._reader.consume(BATCH, timeout=0)]
        return [cast("RawMessage", message) for message in found if not _is_error(message.error())]

    def close(self) -> None:
        """Leave the brokers."""
        self._reader.close()


def _is_error(error: KafkaError | None) -> bool:
    if error is not None and error.code() not in _TRANSIENT:
        LOG.warning("Kafka: %s", error.str())
    return error is not None
