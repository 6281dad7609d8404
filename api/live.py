"""Who waits for which run. A watch is a mailbox for the commits of one run, filled as they appear in the log.

The thread that follows the log (`api.tail`) asks `wanted` for each commit and hands over what somebody wants, all of
one fetch with one wake-up of the loop. Everything else here belongs to the event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.events import Commit

#: Commits a slow reader may leave in its mailbox before it is cut off; it comes back with its last position.
MAILBOX_COMMITS = 5_000
#: Changed runs one reader may leave unread; of more it only learns that there were more.
CHANGES = 500


@dataclass(slots=True, eq=False)
class Watch:
    """The mailbox of one reader. Commits come in order; one may have been seen in the history already."""

    run_id: str
    _commits: deque[Commit] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    is_cut_off: bool = False

    def put(self, commit: Commit) -> None:
        """Add a commit."""
        if len(self._commits) >= MAILBOX_COMMITS:
            self.is_cut_off = True
        else:
            self._commits.append(commit)
        self._arrived.set()

    async def take(self, wait_s: float) -> list[Commit]:
        """Give what has arrived, as soon as there is anything; nothing after `wait_s`."""
        if not self._commits and not self.is_cut_off:
            try:
                async with asyncio.timeout(wait_s):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        self._arrived.clear()
        taken = list(self._commits)
        self._commits.clear()
        return taken


@dataclass(slots=True, eq=False)
class Changes:
    """Which runs changed since one reader last asked. Filled by the thread that follows the log."""

    _keys: deque[bytes] = field(default_factory=lambda: deque(maxlen=CHANGES))

    def put(self, key: bytes) -> None:
        """Note a change."""
        self._keys.append(key)

    def take(self) -> tuple[list[str], bool]:
        """Give the runs, each once, and whether there may have been more of them."""
        was_full = len(self._keys) == CHANGES
        taken = [self._keys.popleft() for _ in range(len(self._keys))]
        return [key.decode() for key in dict.fromkeys(taken)], was_full


@dataclass(slots=True)
class Live:
    """All watches of this process."""

    _watches: dict[bytes, set[Watch]] = field(default_factory=dict)
    #: Replaced, never changed: the thread of the log goes through it.
    _changes: tuple[Changes, ...] = ()

    @contextmanager
    def watch(self, run_id: str) -> Iterator[Watch]:
        """Give a watch that gets every commit of the run accepted from now on."""
        key, watch = run_id.encode(), Watch(run_id)
        self._watches.setdefault(key, set()).add(watch)
        try:
            yield watch
        finally:
            left = self._watches[key]
            left.discard(watch)
            if not left:
                del self._watches[key]

    @contextmanager
    def changes(self) -> Iterator[Changes]:
        """Give what notes every run that changes from now on."""
        changes = Changes()
        self._changes = (*self._changes, changes)
        try:
            yield changes
        finally:
            self._changes = tuple(each for each in self._changes if each is not changes)

    def changed(self, key: bytes) -> None:
        """Note that the run with this key changed. Called by another thread."""
        for changes in self._changes:
            changes.put(key)

    def wanted(self, key: bytes) -> bool:
        """Tell whether somebody watches the run with this key. Asked by another thread."""
        return key in self._watches

    def deliver(self, commits: Iterable[Commit]) -> None:
        """Put commits into the mailboxes of those who watch."""
        for commit in commits:
            for watch in self._watches.get(commit.run_id.encode(), ()):
                watch.put(commit)
