"""Publishing definitions: checked as a whole, written once, never changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from dataclasses import asdict, dataclass

from api.auth import Caller
from api.catalogue import Catalogue
from api.checking import Check, Checked
from api.ports import Outbox
from api.problems import Problem, conflict, invalid_definition, unavailable
from api.schedules import Schedules
from engine.definition.compile import compile_definition
from engine.errors import InvalidDefinition
from infra.errors import Unreachable
from schemas.codec import encode
from schemas.records import Definition

#: How long the definition may take from the log back to here.
APPEARS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """`check` gives the definition of an author's text, whole and compiled, or raises `InvalidDefinition`."""

    catalogue: Catalogue
    check: Check
    schedules: Schedules
    outbox: Outbox
    topic: str

    async def publish(self, text: str, by: Caller) -> tuple[Definition, bool]:
        """Give the published definition, and whether it is new.

        Raises problems: 422 with every violation, 409 for another text of a version that exists, 503 without Kafka.
        """
        again = self.catalogue.with_text(text)
        if again is not None:
            # Nothing is fetched once more: a version stays what it was when it was published.
            await self.schedules.published_again(compile_definition(json.loads(again.document)), by)
            return again, False
        checked = await self._checked(text)
        compiled = checked.definition
        known = self.catalogue.find(compiled.namespace, compiled.name, compiled.version)
        if known is not None:
            return _same(known, text), False
        record = _record(checked, text, by)
        await self._write(record)
        stored = _same(await self._back(record), text)
        await self.schedules.published(compiled, by)
        return stored, stored == record

    async def _checked(self, text: str) -> Checked:
        try:
            return await asyncio.to_thread(self.check, text)
        except InvalidDefinition as error:
            raise invalid_definition(error.problems) from None

    async def _write(self, record: Definition) -> None:
        try:
            await self.outbox.send(self.topic, record.key, encode(record))
        except Unreachable:
            raise unavailable("Kafka did not take the definition: publish it again, that is harmless") from None

    async def _back(self, record: Definition) -> Definition:
        try:
            return await self.catalogue.appears((record.namespace, record.name, record.version), APPEARS_S)
        except TimeoutError:
            raise unavailable("the definition is in the log, but was not read back in time: publish it again") from None


def _record(checked: Checked, text: str, by: Caller) -> Definition:
    compiled = checked.definition
    return Definition(
        namespace=compiled.namespace,
        name=compiled.name,
        version=compiled.version,
        text=text,
        document=compiled.document,
        digest=hashlib.sha256(compiled.document.encode()).hexdigest(),
        published_at_ms=time.time_ns() // 1_000_000,
        actor=by.actor,
        origin=by.origin,
        resources=json.dumps([asdict(resource) for resource in checked.resources], ensure_ascii=False),
    )


def _same(known: Definition, text: str) -> Definition:
    if known.text == text:
        return known
    raise _taken(known)


def _taken(known: Definition) -> Problem:
    name = f"{known.namespace}/{known.name}:{known.version}"
    return conflict("version-exists", f"{name} is published with another text: give the new text a higher version")
