"""The newest commits of every run, as bytes, up to a size: what Postgres may not have yet."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

#: Bytes of Python around each record that is kept.
OVERHEAD_BYTES = 250


@dataclass(slots=True)
class Recent:
    """Written by the thread that follows the log, read by the event loop. Every read is one step of the interpreter."""

    limit_bytes: int
    #: How many commits were ever kept here, and how many of them were let go again, oldest first.
    added: int = 0
    dropped: int = 0
    _size_bytes: int = 0
    _by_key: dict[bytes, list[tuple[int, bytes]]] = field(default_factory=dict)
    _order: deque[tuple[int, int, bytes, int]] = field(default_factory=deque)
    #: By partition, the offset below which commits are missing here.
    _since: dict[int, int] = field(default_factory=dict)

    def begin(self, partition: int, offset: int) -> None:
        """Say that commits of `partition` are followed from `offset` on."""
        self._since[partition] = offset

    def add(self, partition: int, offset: int, key: bytes, value: bytes) -> None:
        """Keep an accepted commit, and let go of the oldest ones above the limit."""
        self._by_key.setdefault(key, []).append((offset, value))
        self.added += 1
        size_bytes = len(key) + len(value) + OVERHEAD_BYTES
        self._order.append((partition, offset, key, size_bytes))
        self._size_bytes += size_bytes
        while self._size_bytes > self.limit_bytes:
            self._drop_oldest()

    def of(self, key: bytes) -> tuple[bytes, ...]:
        """Give the commits of a run that are here, oldest first."""
        return tuple(value for _, value in tuple(self._by_key.get(key, ())))

    def placed(self, key: bytes) -> tuple[tuple[int, bytes], ...]:
        """Give the commits of a run that are here with their offsets, oldest first."""
        return tuple(self._by_key.get(key, ()))

    def reaches_back_to(self, stored: dict[int, int]) -> bool:
        """Tell whether every commit after the offsets `stored`, by partition, is here or was never written."""
        return all(since <= stored.get(partition, -1) + 1 for partition, since in tuple(self._since.items()))

    def _drop_oldest(self) -> None:
        partition, offset, key, size_bytes = self._order.popleft()
        kept = self._by_key[key][1:]
        if kept:
            self._by_key[key] = kept
        else:
            del self._by_key[key]
        self._since[partition] = offset + 1
        self.dropped += 1
        self._size_bytes -= size_bytes
