"""From the messages of a commit to records on topics."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import assert_never

from engine.matching import ANY_TYPE, types_of
from engine.messages import (
    CancelTask,
    CloseSubscription,
    DispatchTask,
    Message,
    OpenSubscription,
    PublishEvent,
    SendCommand,
    SetTimer,
)
from schemas import cloudevents, codec, topics
from schemas.partitioning import partition_of
from schemas.records import DeadLetter
from streams.orchestrator.partition import Partition
from streams.outbox import Outgoing


@dataclass(slots=True)
class Reactions:
    """Makes records of messages. `ensure_topic` is called once for each topic of tasks before it is first used."""

    prefix: str
    #: How many partitions co-partitioned topics have.
    partitions: int
    ensure_topic: Callable[[topics.Topic], None]
    _known: set[str] = field(default_factory=set)

    def records(self, partition: Partition, messages: Iterable[Message]) -> Iterator[Outgoing]:
        """Give the records of messages; timers are armed in the partition instead."""
        for message in messages:
            match message:
                case DispatchTask() | CancelTask():
                    yield self._task(partition, message)
                case SendCommand(command=command):
                    yield Outgoing(
                        topic=self._name(topics.COMMANDS), key=command.run_id.encode(), value=codec.encode(command)
                    )
                case SetTimer():
                    partition.timers.arm(message.run_id, message.timer_id, message.fire_at_ms)
                case OpenSubscription():
                    yield from self._subscriptions(message, message.filters, codec.encode(message))
                case CloseSubscription():
                    yield from self._subscriptions(message, message.filters, None)
                case PublishEvent():
                    yield self._event(message)
                case _:
                    assert_never(message)

    def dead_letters(self, letters: Iterable[DeadLetter]) -> Iterator[Outgoing]:
        """Give the records of dead letters."""
        for letter in letters:
            yield Outgoing(topic=self._name(topics.DEAD_LETTERS), key=letter.stage.encode(), value=_fitting(letter))

    def _name(self, topic: topics.Topic) -> str:
        return topic.full_name(self.prefix)

    def _task(self, partition: Partition, message: DispatchTask | CancelTask) -> Outgoing:
        topic = _task_topic(message.node_type)
        if topic.name not in self._known:
            self.ensure_topic(topic)
            self._known.add(topic.name)
        return Outgoing(
            topic=self._name(topic),
            key=message.run_id.encode(),
            value=codec.encode(message),
            partition=partition.number,
        )

    def _subscriptions(
        self, message: OpenSubscription | CloseSubscription, filters: str | None, value: bytes | None
    ) -> Iterator[Outgoing]:
        """Give a record for each event type, where the events of that type are; for any type, in every partition."""
        for kind in types_of(filters) if filters is not None else ():
            for number in places_of(kind, self.partitions):
                yield Outgoing(
                    topic=self._name(topics.SUBSCRIPTIONS),
                    key=f"{kind}\n{message.run_id}{message.path}".encode(),
                    value=value,
                    partition=number,
                )

    def _event(self, message: PublishEvent) -> Outgoing:
        event = json.loads(message.event)
        return Outgoing(
            topic=self._name(topics.CLOUDEVENTS),
            key=str(event["type"]).encode(),
            value=message.event.encode(),
            headers=cloudevents.HEADERS,
        )


def places_of(kind: str, partitions: int) -> Iterable[int]:
    """Give the partitions in which events of a type are looked for."""
    return range(partitions) if kind == ANY_TYPE else (partition_of(kind.encode(), partitions),)


@lru_cache(maxsize=1024)
def _task_topic(node_type: str) -> topics.Topic:
    return topics.task_topic(node_type)


def _fitting(letter: DeadLetter) -> bytes:
    """Give the letter's bytes, without the record's value if that makes it too large for a record itself."""
    value = codec.encode(letter)
    if len(value) <= topics.MAX_RECORD_BYTES - 1024:
        return value
    return codec.encode(
        DeadLetter(
            stage=letter.stage,
            reason=f"{letter.reason} (the value is left out: {len(letter.record_value or b'')} bytes)",
            topic=letter.topic,
            partition=letter.partition,
            offset=letter.offset,
            at_ms=letter.at_ms,
            record_key=letter.record_key,
        )
    )
