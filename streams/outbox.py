"""Writing to Kafka from a stage: produce many records, then wait once until the broker has them all.

One confluent-kafka producer belongs to a process. The wait is a plain blocking `flush` in the stage's own loop: handing
it to a thread was measured six to ten times slower, because the threads then fight for the interpreter. It blocks for
at most a second at a time, so that the loop lives while the broker is away.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

LOG = logging.getLogger(__name__)

SLICE_S = 1.0


class Producer(Protocol):
    """What is used of a confluent-kafka producer."""

    @property
    def produce(self) -> Callable[..., None]:
        """Hand a record to the producer."""
        ...

    def flush(self, timeout: float) -> int:
        """Send everything now; give how many records are still on the way after `timeout`."""

    def poll(self, timeout: float) -> int:
        """Call the callbacks of delivered records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A record to write. Without a `partition` the key chooses it (murmur2)."""

    topic: str
    key: bytes
    value: bytes | None
    partition: int = -1
    headers: Sequence[tuple[str, bytes]] = ()


#: Called with an error or the written record, for each record.
Report = Callable[[Any, Any], None]


@dataclass(slots=True)
class Delivery:
    """What became of the records of one write."""

    #: Offsets in the order of delivery.
    offsets: list[int] = field(default_factory=list)
    #: The broker's words for each record that could not be written.
    errors: list[str] = field(default_factory=list)

    def __call__(self, error: Any, message: Any) -> None:
        """Note what the producer reports of one record."""
        if error is None:
            self.offsets.append(message.offset())
        else:
            self.errors.append(str(error))

    def follows(self, next_offset: int, count: int) -> bool:
        """Tell whether all `count` records were written, directly one after another from `next_offset` on."""
        offsets = self.offsets
        return (
            not self.errors
            and len(offsets) == count
            and offsets[0] == next_offset
            and offsets[-1] == next_offset + count - 1
        )


class Outbox:
    """The producer of a process."""

    def __init__(self, make_producer: Callable[[], Producer]) -> None:
        self._make = make_producer
        self._producer = make_producer()
        #: Seconds the last flush took.
        self.flush_s = 0.0

    def write(self, records: Iterable[Outgoing], delivery: Report) -> None:
        """Hand records to the producer. Call `flush` before looking at `delivery`."""
        for record in records:
            options: dict[str, Any] = {"headers": list(record.headers)} if record.headers else {}
            if record.partition >= 0:
                options["partition"] = record.partition
            self._produce(record, delivery, options)

    def _produce(self, record: Outgoing, delivery: Report, options: dict[str, Any]) -> None:
        while True:
            try:
                self._producer.produce(record.topic, record.value, record.key, on_delivery=delivery, **options)
                return
            except BufferError:
                self._producer.poll(0.1)
            except Exception as error:  # noqa: BLE001 - librdkafka refuses what is too large or fatal before it is sent
                delivery(error, None)
                return

    async def flush(self) -> None:
        """Wait until everything written is with the broker, or has failed."""
        began_at = time.perf_counter()
        left = self._producer.flush(SLICE_S)
        while left:
            LOG.warning("the broker has not taken %d records yet", left)
            await asyncio.sleep(0)
            left = self._producer.flush(SLICE_S)
        self.flush_s = time.perf_counter() - began_at

    def poll(self) -> None:
        """Let the producer call back for what was delivered without a flush."""
        self._producer.poll(0)

    def renew(self) -> None:
        """Begin with a new producer: an idempotent one that gave up a record can refuse every later one."""
        self._producer = self._make()
