"""Producing from an event loop: a record's delivery is a future. One thread waits for all reports."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.errors import Unreachable
from infra.kafka.connection import KafkaConnection

POLL_S = 0.5
PROBE_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxOptions:
    """`linger_ms` is short, since somebody waits; `delivery_timeout_s` is how long they wait at most."""

    linger_ms: float = 0
    delivery_timeout_s: float = 5
    max_message_bytes: int = 8 * 1024 * 1024
    compression: str = "none"


@dataclass(slots=True)
class Reports:
    """Delivery reports on their way from the thread to the loop: one wake-up for all that came together."""

    arrived: list[tuple[asyncio.Future[None], KafkaError | None]] = field(default_factory=list)

    def take(self) -> list[tuple[asyncio.Future[None], KafkaError | None]]:
        """Give what arrived since the last call."""
        taken, self.arrived = self.arrived, []
        return taken


class Outbox:
    """A producer for one event loop. Create it in that loop; `close` it from there."""

    def __init__(self, connection: KafkaConnection, options: OutboxOptions | None = None) -> None:
        chosen = options or OutboxOptions()
        self._loop = asyncio.get_running_loop()
        self._reports = Reports()
        #: Set by librdkafka when the last broker went away, cleared when one answers again.
        self._is_down = False
        self._is_closed = False
        config = connection.config(
            client_id="agentos-api",
            acks="all",
            enable_idempotence=True,
            partitioner="murmur2_random",
            linger_ms=chosen.linger_ms,
            compression_type=chosen.compression,
            delivery_timeout_ms=int(chosen.delivery_timeout_s * 1000),
            message_max_bytes=chosen.max_message_bytes,
        )
        self._producer = Producer({**config, "error_cb": self._on_error})
        self._thread = threading.Thread(target=self._wait_for_reports, name="kafka-reports", daemon=True)
        self._thread.start()

    @property
    def is_down(self) -> bool:
        """Tell whether no broker can be reached, as far as is known."""
        return self._is_down

    def send(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]] = ()
    ) -> asyncio.Future[None]:
        """Give a future that is done once the record is in the log.

        Raises `Unreachable`, having sent nothing, while no broker can be reached. The future raises it when the report
        does not come in time: the record may then be in the log or not.
        """
        if self._is_down:
            raise Unreachable("Expected a Kafka broker to answer, found none; nothing was sent")
        done: asyncio.Future[None] = self._loop.create_future()
        try:
            self._producer.produce(topic, value, key, headers=list(headers), on_delivery=self._reporting(done))
        except BufferError:
            raise Unreachable("Expected room in the producer's queue, found none: Kafka is too slow") from None
        return done

    async def close(self) -> None:
        """Send what waits, for a moment, and end the thread."""
        self._is_closed = True
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._producer.flush, 2)

    def _reporting(self, done: asyncio.Future[None]):  # type: ignore[no-untyped-def]  # noqa: ANN202
        def report(error: KafkaError | None, _message: Message) -> None:
            self._reports.arrived.append((done, error))

        return report

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  # that is its public name in librdkafka
            self._is_down = True

    def _wait_for_reports(self) -> None:
        while not self._is_closed:
            self._producer.poll(POLL_S)
            if reports := self._reports.take():
                self._loop.call_soon_threadsafe(_resolve, reports)
            if self._is_down:
                self._probe()

    def _probe(self) -> None:
        try:
            self._producer.list_topics(timeout=PROBE_S)
        except KafkaException:
            return
        self._is_down = False


def _resolve(reports: list[tuple[asyncio.Future[None], KafkaError | None]]) -> None:
    for done, error in reports:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(Unreachable(f"Expected Kafka to take the record, found: {error.str()}"))
