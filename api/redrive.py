"""Dead letters put back where they came from: the record as it was, on its topic again, and a note that it was done.

The note is a record of the dead-letters topic itself, of the stage `redrive`, that names the letter and who did it: so
who did what when is in the log, and the list shows it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from api.auth import Caller
from api.log_pages import LogPages
from api.ports import Outbox
from api.problems import Problem, conflict, unavailable
from infra.errors import Unreachable
from infra.log_pages import TopicRecord
from schemas.codec import MalformedRecord, decode_as, encode
from schemas.records import DeadLetter
from schemas.topics import CLOUDEVENTS, COMMANDS, DEAD_LETTERS, SUBSCRIPTIONS, Topic

#: Stage of the notes.
REDRIVE = "redrive"
#: Topics whose readers may be given a record again. Of the events topic every reader would skip it: it fits no chain.
_TAKES_AGAIN = frozenset({COMMANDS.name, CLOUDEVENTS.name, SUBSCRIPTIONS.name})
_TASKS = "tasks."
HEADER = "agentos-redriven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """Puts dead letters back."""

    pages: LogPages
    outbox: Outbox
    topic_prefix: str

    async def again(self, partition: int, offset: int, caller: Caller) -> dict[str, Any]:
        """Put the record of the letter at this place on its topic again. Raises a 409 problem when that cannot be."""
        found = await self.pages.record(DEAD_LETTERS.name, partition, offset)
        letter = self._letter(found)
        topic = self._topic(letter)
        value, headers = await self._record(letter, topic)
        mark = f"{caller.actor} {DEAD_LETTERS.name}/{partition}/{offset}".encode()
        full_name = topic.full_name(self.topic_prefix)
        note = DeadLetter(
            stage=REDRIVE,
            reason=f"put back by {caller.actor} from {caller.origin or 'inside'}",
            topic=DEAD_LETTERS.full_name(self.topic_prefix),
            partition=partition,
            offset=offset,
            at_ms=int(time.time() * 1000),
        )
        try:
            await self.outbox.send(full_name, letter.record_key or b"", value, [*headers, (HEADER, mark)])
            await self.outbox.send(note.topic, REDRIVE.encode(), encode(note))
        except Unreachable as error:
            raise unavailable(f"Kafka did not confirm the record: {error}") from None
        return {"partition": partition, "offset": offset, "topic": topic.name, "by": caller.actor}

    def _letter(self, record: TopicRecord) -> DeadLetter:
        try:
            return decode_as(DeadLetter, record.value)
        except MalformedRecord as error:
            raise conflict("not-redrivable", f"the letter itself cannot be read: {error.reason}") from None

    def _topic(self, letter: DeadLetter) -> Topic:
        try:
            topic = self.pages.topic(letter.topic)
        except Problem:
            raise conflict("not-redrivable", f"there is no topic {letter.topic[:100]} any more") from None
        if topic.name not in _TAKES_AGAIN and not topic.name.startswith(_TASKS):
            raise conflict("not-redrivable", f"a record of {topic.name} cannot be put back: {_why_not(topic)}")
        return topic

    async def _record(self, letter: DeadLetter, topic: Topic) -> tuple[bytes, list[tuple[str, bytes]]]:
        """Give value and headers as they were: those of the record itself while it is still on its topic."""
        try:
            original = await self.pages.record(topic.name, letter.partition, letter.offset)
        except Problem:
            original = None
        if original is not None and letter.record_value in (None, original.value) and original.value is not None:
            headers = [(name, value) for name, value in original.headers if name != HEADER]
            return original.value, headers
        if letter.record_value is None:
            raise conflict("not-redrivable", "the letter has no record, and its topic has it no longer")
        return letter.record_value, []


def _why_not(topic: Topic) -> str:
    if topic.name == DEAD_LETTERS.name:
        return "it is a note about another letter"
    return "its readers go by the place of a record, and would skip it at another"
