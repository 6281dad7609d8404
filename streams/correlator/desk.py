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
from engine.errors import EvaluateOutside, ExpressionFailed
from engine.matching import ANY_TYPE, event_key, filters_of, keys_of, types_of
from engine.messages import OpenSubscription
from engine.ports import Evaluator
from schemas.cloudevents import CloudEvent

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


@dataclass(slots=True)
class Judge:
    """Says which filters one event fits. Each program is evaluated once on it, for all subscriptions."""

    event: CloudEvent
    evaluator: Evaluator
    _results: dict[tuple[str, str], str | Exception] = field(default_factory=dict)
    _verdicts: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def filters(self, text: str) -> tuple[int, ...]:
        """Give the filters to deliver the event for: the first it fits, and before it those only the run can judge."""
        found = self._verdicts.get(text)
        if found is None:
            found = self._verdicts[text] = tuple(self._chosen(text))
        return found

    def _chosen(self, text: str) -> Iterator[int]:
        for number, wanted in enumerate(filters_of(text)):
            try:
                if keys_of(wanted, self.event.data, self._evaluate) is not None:
                    yield number
                    return
            except ExpressionFailed:
                continue
            except EvaluateOutside:
                yield number

    def _evaluate(self, source: str, data: str) -> str:
        place = (source, data)
        if place not in self._results:
            try:
                self._results[place] = self.evaluator.evaluate(source, data, _unknown)
            except (ExpressionFailed, EvaluateOutside) as failure:
                self._results[place] = failure
        result = self._results[place]
        if isinstance(result, Exception):
            raise result
        return result


def _unknown(name: str) -> str:
    raise EvaluateOutside(f"${name} is known to the run alone")


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
    _by_type: dict[str, dict[bytes, OpenSubscription]] = field(default_factory=dict)
    _memory: deque[Seen] = field(default_factory=deque)
    _memory_characters: int = 0
    #: Timestamp of the newest event that is not remembered any more; of those before it there may be more.
    forgotten_at_ms: int = -1

    def put(self, key: bytes, found: OpenSubscription | None, at_ms: int) -> bool:
        """Note what a record of the subscriptions topic says, `None` that it ended; tell whether one is new."""
        before = self.subscriptions.pop(key, None)
        self.written_at_ms.pop(key, None)
        if before is not None:
            for kind in types_of(before.filters):
                self._by_type.get(kind, {}).pop(key, None)
        if found is not None:
            self.subscriptions[key] = found
            self.written_at_ms[key] = at_ms
            for kind in types_of(found.filters):
                if kind == ANY_TYPE or key.startswith(f"{kind}\n".encode()):
                    self._by_type.setdefault(kind, {})[key] = found
        return found is not None and found != before

    def take(self, seen: Seen) -> Iterator[Command]:
        """Give the deliveries of a new event, and remember it."""
        waiting = self._waiting_for(seen.event)
        # Remembered first: whoever begins to wait while this is given out finds it there.
        self._memory.append(seen)
        self._memory_characters += len(seen.event.text)
        self._forget(seen.at_ms)
        yield from self.deliveries(seen, waiting)

    def deliveries(self, seen: Seen, waiting: Iterable[OpenSubscription]) -> Iterator[Command]:
        """Give the deliveries of an event to those of the subscriptions that it is for."""
        judge = Judge(seen.event, self.evaluator)
        for found in waiting:
            if seen.at_ms >= found.opened_at_ms:
                for number in judge.filters(found.filters):
                    yield delivery(found, number, seen.event)

    def remembered(self, found: OpenSubscription) -> Iterator[Command]:
        """Give the deliveries to a subscription that was just put here of the events that came before it."""
        for seen in list(self._memory):
            if seen.at_ms >= found.opened_at_ms:
                yield from self.deliveries(seen, [found])

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

    def _waiting_for(self, event: CloudEvent) -> list[OpenSubscription]:
        return [
            found for kind in {event.event_type: None, ANY_TYPE: None} for found in self._by_type.get(kind, {}).values()
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


def delivery(found: OpenSubscription, number: int, event: CloudEvent) -> Command:
    """Give the command that delivers an event, the same whenever it is made again."""
    place = blake2b(f"{found.run_id}{found.path}\n{event_key(event.data)}\n{number}".encode(), digest_size=12)
    return Command(
        run_id=found.run_id,
        command_id=f"{found.run_id}/event/{place.hexdigest()}",
        actor=ACTOR,
        body=DeliverEvent(path=found.path, filter_index=number, event=event.text),
    )
