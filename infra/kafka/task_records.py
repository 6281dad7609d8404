"""Records that tasks write to topics of their own: one at a time, each with its place once the brokers have it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.errors import Unreachable
from infra.kafka.connection import KafkaConnection

POLL_S = 0.5
DELIVERY_TIMEOUT_S = 30

#: Errors that are the record's own and stay.
LASTING = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001  # that is its public name in librdkafka
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.INVALID_RECORD,
    }
)


class RecordRefused(Exception):
    """The brokers will not take the record, however often it is sent."""


class TaskRecords:
    """A producer for the tasks of a process, made when the first one needs it."""

    def __init__(self, connection: KafkaConnection) -> None:
        self._connection = connection
        self._producer: Producer | None = None

    async def write(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> tuple[int, int]:
        """Give the partition and offset of a record. Raises `RecordRefused`, or `Unreachable` when it may go later."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[int, int]] = loop.create_future()

        def report(error: KafkaError | None, message: Message) -> None:
            loop.call_soon_threadsafe(_resolve, done, error, message)

        try:
            self._started().produce(topic, value, key, headers=list(headers), on_delivery=report)
        except BufferError:
            raise Unreachable("Expected room in the producer's queue, found none: Kafka is too slow") from None
        except KafkaException as error:
            raise _failure(error.args[0]) from None
        return await done

    def _started(self) -> Producer:
        if self._producer is None:
            options: dict[str, Any] = {"client_id": "agentos-tasks", "acks": "all", "enable_idempotence": True}
            options |= {"partitioner": "murmur2_random", "linger_ms": 5}
            options |= {"delivery_timeout_ms": DELIVERY_TIMEOUT_S * 1000, "allow_auto_create_topics": False}
            # How long a topic may be unknown before it counts as missing.
            options |= {"topic_metadata_propagation_max_ms": 2000}
            self._producer = Producer(self._connection.config(**options))
            threading.Thread(target=self._poll, args=(self._producer,), name="task-records", daemon=True).start()
        return self._producer

    @staticmethod
    def _poll(producer: Producer) -> None:
        while True:
            producer.poll(POLL_S)


def _resolve(done: asyncio.Future[tuple[int, int]], error: KafkaError | None, message: Message) -> None:
    if done.done():
        return
    if error is None:
        done.set_result((message.partition() or 0, message.offset() or 0))
    else:
        done.set_exception(_failure(error))


def _failure(error: KafkaError) -> Exception:
    kind = RecordRefused if error.code() in LASTING else Unreachable
    return kind(f"Expected Kafka to take the record, found: {error.str()}")
