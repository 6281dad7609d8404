"""The Faust table of subscriptions: its changelog is the subscriptions topic, which the orchestrator writes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import faust
from faust.stores.base import Store
from faust.types import TP, EventT

from engine.messages import OpenSubscription
from engine.ports import Evaluator
from schemas import codec
from streams.correlator.desk import Desk
from streams.transport import Record, batch_of

LOG = logging.getLogger(__name__)


class Desks:
    """The partitions this process works on, by number."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._open: dict[int, Desk] = {}
        #: Set when there is something new on a desk.
        self.changed = asyncio.Event()

    def get(self, number: int) -> Desk | None:
        """Give a desk if it is open."""
        return self._open.get(number)

    def open(self, number: int) -> Desk:
        """Give a desk, an empty one if it was not open."""
        found = self._open.get(number)
        if found is None:
            found = self._open[number] = Desk(number=number, evaluator=self._evaluator)
        return found

    def note_recovery(self) -> None:
        """Note that all subscriptions there were are on their desks."""
        for desk in self:
            desk.is_recovered = True
        self.changed.set()

    def close(self, number: int) -> None:
        """Forget a desk."""
        self._open.pop(number, None)

    def __iter__(self) -> Iterator[Desk]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)


def note(desk: Desk, record: Record) -> None:
    """Put a record of the subscriptions topic on its desk, once."""
    if record.offset < desk.next_offset:
        return
    desk.next_offset = record.offset + 1
    try:
        found = None if record.value is None else codec.decode_as(OpenSubscription, record.value)
    except codec.MalformedRecord as error:
        LOG.warning("subscription %r at offset %d is skipped: %s", record.key, record.offset, error)
        return
    if desk.put(record.key or b"", found, record.timestamp) and found is not None and desk.is_recovered:
        desk.new.append(found)


class SubscriptionsStore(Store):  # type: ignore[type-arg]
    """What Faust sees of the desks: where each has come to, and batches to note."""

    def __init__(self, *arguments: Any, desks: Desks, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._desks = desks

    def persisted_offset(self, tp: TP) -> int | None:
        """Give the offset up to which the desk is filled, `None` before the first record."""
        next_offset = self._desks.open(tp.partition).next_offset
        return next_offset - 1 if next_offset else None

    def apply_changelog_batch(
        self,
        batch: Iterable[EventT[Any]],
        to_key: Callable[[Any], Any],  # noqa: ARG002 - Faust's signature
        to_value: Callable[[Any], Any],  # noqa: ARG002
    ) -> None:
        """Note what was read: by recovery, and ever after, since Faust goes on with a table whose buffer is 1."""
        for event in batch:
            records = batch_of(event)
            desk = self._desks.open(records[0].partition)
            for record in records:
                note(desk, record)
            if desk.new:
                self._desks.changed.set()

    async def on_rebalance(
        self,
        assigned: set[TP],  # noqa: ARG002 - Faust's signature
        revoked: set[TP],
        newly_assigned: set[TP],  # noqa: ARG002
        generation_id: int = 0,  # noqa: ARG002
    ) -> None:
        """Forget the partitions that went to somebody else."""
        for tp in revoked:
            self._desks.close(tp.partition)

    def reset_state(self) -> None:
        """Do nothing: desks are closed one by one."""

    async def backup_partition(self, *_: Any, **__: Any) -> None:
        """Do nothing: the topic is the backup."""

    def restore_backup(self, *_: Any, **__: Any) -> None:
        """Do nothing: the topic is the backup."""

    def __getitem__(self, key: Any) -> Any:
        return next(desk.subscriptions[key] for desk in self._desks if key in desk.subscriptions)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("subscriptions change by records of their topic alone")

    def __delitem__(self, key: Any) -> None:
        raise TypeError("subscriptions change by records of their topic alone")

    def __iter__(self) -> Iterator[Any]:
        return (key for desk in self._desks for key in desk.subscriptions)

    def __len__(self) -> int:
        return sum(len(desk.subscriptions) for desk in self._desks)


class SubscriptionsTable(faust.Table):  # type: ignore[type-arg]
    """The table of subscriptions."""

    def __init__(self, *arguments: Any, desks: Desks, **options: Any) -> None:
        self._desks = desks
        super().__init__(*arguments, **options)

    def _new_store(self) -> SubscriptionsStore:
        return SubscriptionsStore("memory://", self.app, self, desks=self._desks)
