"""One partition of CloudEvents: who waits for them, and which of them came lately. No I/O, no clock.

A subscription is for the events that were appended to the log at or after the command that opened it. It may be read
here later than such an event, so events are remembered for a while, and a new subscription is matched with them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from engine.commands import Command, DeliverEvent
from engine.matching import ANY_TYPE, event_key
from engine.messages import OpenSubscription
from engine.ports import Evaluator
from schemas.cloudevents import CloudEvent
from streams.correlator.index import Index, Look, chosen

ACTOR = "correlator"

#: How long, how many and how large events are remembered.
MEMORY_MS = 60_000
MEMORY_EVENTS = 10_000
MEMORY_CHARACTERS = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """An event and the timestamp of its record."""

    event: CloudEvent
    at_ms: int


@dataclass(slots=True, kw_only=True)
class Desk:
    """The partition. `subscriptions` are by the keys of their records."""

    number: int
    evaluator: Evaluator
    #: Offset of the first record of the subscriptions topic that is not in here.
    next_offset: int = 0
    #: Whether the subscriptions were read up to where they ended when this process took the partition over.
    is_recovered: bool = False
    #: Whether it was made sure that subscriptions of before this process have got what was theirs.
    is_settled: bool = False
    subscriptions: dict[bytes, OpenSubscription] = field(default_factory=dict)
    #: Timestamps of the subscriptions' records.
    written_at_ms: dict[bytes, int] = field(default_factory=dict)
    #: Subscriptions that have not got the events yet that came before them.
    new: list[OpenSubscription] = field(default_factory=list)
    _by_type: dict[str, Index] = field(default_factory=dict)
    _memory: deque[Seen] = field(default_factory=deque)
    _memory_characters: int = 0
    #: Timestamp of the newest event that is not remembered any more; of those before it there may be more.
    forgotten_at_ms: int = -1

    def put(self, key: bytes, found: OpenSubscription | None, at_ms: int) -> bool:
        """Note what a record of the subscriptions topic says, `None` that it ended; tell whether one is new."""
        before = self.subscriptions.pop(key, None)
        self.written_at_ms.pop(key, None)
        if before is not None:
            self._leave(key, before)
        if found is not None:
            self.subscriptions[key] = found
            self.written_at_ms[key] = at_ms
            self._by_type.setdefault(type_of(key), Index()).add(key, found)
        return found is not None and found != before

    def _leave(self, key: bytes, found: OpenSubscription) -> None:
        kind = type_of(key)
        self._by_type[kind].remove(key, found)
        if not self._by_type[kind]:
            del self._by_type[kind]

    def take(self, seen: Seen) -> Iterator[Command]:
        """Give the deliveries of a new event, and remember it."""
        # Remembered first: whoever begins to wait while this is given out finds it there.
        self._memory.append(seen)
        self._memory_characters += len(seen.event.text)
        self._forget(seen.at_ms)
        look = Look(seen.event, self.evaluator)
        kinds = dict.fromkeys((seen.event.event_type, ANY_TYPE))
        matches = [
            found for kind in kinds if kind in self._by_type for found in self._by_type[kind].matches(look).values()
        ]
        for found, filters in matches:
            if seen.at_ms >= found.opened_at_ms:
                yield from (delivery(found, number, seen.event) for number in chosen(filters))

    def remembered(self, new: Iterable[OpenSubscription]) -> Iterator[Command]:
        """Give the deliveries to subscriptions that were just put here of the events that came before them."""
        return deliveries(list(self._memory), new, self.evaluator)

    def is_late(self, found: OpenSubscription) -> bool:
        """Tell whether the subscription may be for events that are not remembered any more."""
        return found.opened_at_ms <= self.forgotten_at_ms

    def uncertain(self, last_at_ms: int) -> list[OpenSubscription]:
        """Give the subscriptions of which a process before this one may not have known.

        Such a one was written when the last event it dealt with, of `last_at_ms`, was about to come, or later.
        """
        return [
            found
            for key, found in self.subscriptions.items()
            if found.opened_at_ms <= last_at_ms and self.written_at_ms[key] >= last_at_ms - MEMORY_MS
        ]

    def _forget(self, now_ms: int) -> None:
        memory = self._memory
        while memory and (
            memory[0].at_ms < now_ms - MEMORY_MS
            or len(memory) > MEMORY_EVENTS
            or self._memory_characters > MEMORY_CHARACTERS
        ):
            gone = memory.popleft()
            self._memory_characters -= len(gone.event.text)
            self.forgotten_at_ms = max(self.forgotten_at_ms, gone.at_ms)


def type_of(key: bytes) -> str:
    """Give the event type in the key of a subscription's record, `ANY_TYPE` for any."""
    return key.partition(b"\n")[0].decode("utf-8", "replace")


def deliveries(events: Iterable[Seen], waiting: Iterable[OpenSubscription], evaluator: Evaluator) -> Iterator[Command]:
    """Give the deliveries of events to those among `waiting` that they are for."""
    index = Index()
    for number, found in enumerate(waiting):
        index.add(str(number).encode(), found)
    for seen in events:
        for found, filters in index.matches(Look(seen.event, evaluator)).values():
            if seen.at_ms >= found.opened_at_ms:
                yield from (delivery(found, number, seen.event) for number in chosen(filters))


def delivery(found: OpenSubscription, number: int, event: CloudEvent) -> Command:
    """Give the command that delivers an event, the same whenever it is made again."""
    place = blake2b(f"{found.run_id}{found.path}\n{event_key(event.data)}\n{number}".encode(), digest_size=12)
    return Command(
        run_id=found.run_id,
        command_id=f"{found.run_id}/event/{place.hexdigest()}",
        actor=ACTOR,
        body=DeliverEvent(path=found.path, filter_index=number, event=event.text),
    )
