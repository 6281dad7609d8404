"""Where a worker is in a partition of a task topic: what it took, and what may be acknowledged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from streams.acks import InOrder
from streams.transport import Record


class Acknowledgeable(Protocol):
    """A batch as Faust gives it."""

    def ack(self) -> bool:
        """Note that the batch is done."""
        ...


class Place:
    """Acknowledges the records of one partition in order, whatever order they are finished in.

    A record that comes again while this process still knows it (after a rebalance that gave the partition back) is not
    taken twice.
    """

    def __init__(self, advance: Callable[[int], None]) -> None:
        #: Tells the consumer the offset before which everything is done.
        self._advance = advance
        self._acks = InOrder()
        self._batches: deque[tuple[int, Acknowledgeable]] = deque()
        self._last_offset = -1
        self._newest_ms = 0

    def begin(self, batch: Sequence[Record], event: Acknowledgeable) -> Sequence[Record]:
        """Take a batch; give those of its records that are new here."""
        new = self._unknown(batch) if batch[0].offset <= self._last_offset else batch
        for record in new:
            self._acks.take(record.offset)
            self._newest_ms = max(self._newest_ms, record.timestamp)
        self._last_offset = max(self._last_offset, batch[-1].offset)
        self._batches.append((batch[-1].offset, event))
        if not new:
            self._acknowledge()
        return new

    def finish(self, offsets: Iterable[int]) -> None:
        """Note that the records at `offsets` need nothing more, and acknowledge as far as that goes."""
        moved = [offset for offset in offsets if self._acks.finish(offset)]
        if moved:
            self._acknowledge()

    def __len__(self) -> int:
        return len(self._acks)

    def _unknown(self, batch: Sequence[Record]) -> Sequence[Record]:
        if batch[0].timestamp > self._newest_ms:
            # Younger than anything seen at a lower place: the topic was made anew.
            self._acks, self._last_offset = InOrder(), -1
            self._batches.clear()
            return batch
        return [record for record in batch if record.offset > self._last_offset]

    def _acknowledge(self) -> None:
        done = self._acks.next_offset
        if done is None:
            return
        while self._batches and self._batches[0][0] < done:
            self._batches.popleft()[1].ack()
        self._advance(done)
