"""Which tasks have a result in the log already, for node types whose work costs money.

A worker that is killed acknowledged nothing of its last moments, so another one is given tasks again that were done.
For most that costs a little time. For what is paid for, whoever takes a partition over first reads the results that
were written since the oldest task it was given, and passes the tasks over that have one.

A result counts if it is younger than the task: the same task may be sent again after an operator took a run up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from faust.types import TP

from engine.commands import Command, CompleteTask, FailTask
from infra.errors import InfrastructureError
from infra.kafka import KafkaConnection, RawMessage, offsets_at, read_range, watermarks
from schemas.codec import MalformedRecord, decode
from streams.transport import Record
from streams.worker.jobs import Key

LOG = logging.getLogger(__name__)

#: More commands than this are not looked through: the work is rather done twice.
COMMANDS_MAX = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one partition: when each task was answered, for the tasks before the offset `end`."""

    end: int = 0
    answered_ms: dict[Key, int] = field(default_factory=dict)


@dataclass(slots=True)
class Answered:
    """The results of tasks that were there before this worker came."""

    connection: KafkaConnection
    #: Full name of the topic of commands.
    commands: str
    _known: dict[TP, Known] = field(default_factory=dict)

    async def look(self, tp: TP, batch: Sequence[Record]) -> None:
        """Read what has to be known before the tasks of a batch are taken: something only for a partition's first."""
        known = self._known.get(tp)
        if known is None:
            try:
                self._known[tp] = await asyncio.to_thread(self._read, tp, batch[0].timestamp)
            except InfrastructureError as error:
                LOG.warning("%s: results not looked for, finished tasks may be done again: %s", tp, error)
        elif known.answered_ms and batch[0].offset >= known.end:
            self._known[tp] = Known(end=known.end)

    def has(self, record: Record, key: Key) -> bool:
        """Tell whether the task of a record has a result in the log."""
        known = self._known.get(TP(record.topic, record.partition))
        return known is not None and record.offset < known.end and known.answered_ms.get(key, -1) >= record.timestamp

    def keep(self, mine: Iterable[TP]) -> None:
        """Forget the partitions that went to others: what is in them is another matter when they come back."""
        kept = set(mine)
        self._known = {tp: known for tp, known in self._known.items() if tp in kept}

    def _read(self, tp: TP, since_ms: int) -> Known:
        end = watermarks(self.connection, tp.topic)[tp.partition].high
        starts = offsets_at(self.connection, self.commands, datetime.fromtimestamp(since_ms / 1000, UTC))
        ends = {number: marks.high for number, marks in watermarks(self.connection, self.commands).items()}
        count = sum(ends[number] - start for number, start in starts.items())
        if count > COMMANDS_MAX:
            LOG.warning("%s: %d commands since its oldest task, too many to look for results", tp, count)
            return Known(end=end)
        answered_ms: dict[Key, int] = {}
        for number, start in starts.items():
            for messages in read_range(self.connection, (self.commands, number), start, ends[number]):
                answered_ms |= {key: message.timestamp()[1] for message in messages if (key := _key(message))}
        LOG.info("%s: %d results since its oldest task", tp, len(answered_ms))
        return Known(end=end, answered_ms=answered_ms)


def _key(message: RawMessage) -> Key | None:
    """Give the task that a command is the result of, `None` for any other command."""
    try:
        command = decode(message.value())
    except MalformedRecord:
        return None
    if isinstance(command, Command) and isinstance(command.body, CompleteTask | FailTask):
        return (command.run_id, command.body.path, command.body.attempt)
    return None
