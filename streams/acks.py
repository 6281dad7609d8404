"""Acknowledgement in order: an offset may be committed when everything before it is done, whatever is done first."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class InOrder:
    """Work of one partition that was taken in order and is finished in any order."""

    _taken: deque[int] = field(default_factory=deque)
    _finished: set[int] = field(default_factory=set)
    #: The offset behind the last one up to which everything is finished; `None` before the first.
    next_offset: int | None = None

    def take(self, offset: int) -> None:
        """Note that work on `offset` begins. Offsets rise; holes between them are fine."""
        if self._taken and offset <= self._taken[-1]:
            raise ValueError(f"expected an offset above {self._taken[-1]}, found {offset}")
        self._taken.append(offset)

    def finish(self, offset: int) -> bool:
        """Note that work on `offset` is done; tell whether `next_offset` moved."""
        self._finished.add(offset)
        before = self.next_offset
        while self._taken and self._taken[0] in self._finished:
            first = self._taken.popleft()
            self._finished.discard(first)
            self.next_offset = first + 1
        return self.next_offset != before

    def __len__(self) -> int:
        return len(self._taken)
