"""Publishing definitions: checked as a whole, written once, never changed."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from api.auth import Caller
from api.catalogue import Catalogue
from api.ports import Outbox
from api.problems import Problem, conflict, invalid_definition, unavailable
from api.schedules import Schedules
from engine.definition.model import Definition as Compiled
from engine.errors import InvalidDefinition
from infra.errors import Unreachable
from schemas.codec import encode
from schemas.records import Definition

#: How long the definition may take from the log back to here.
APPEARS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """`check` gives the compiled definition of an author's text, or raises `InvalidDefinition`."""

    catalogue: Catalogue
    check: Callable[[str], Compiled]
    schedules: Schedules
    outbox: Outbox
    topic: str

    async def publish(self, text: str, by: Caller) -> tuple[Definition, bool]:
        """Give the published definition, and whether it is new.

        Raises problems: 422 with every violation, 409 for another text of a version that exists, 503 without Kafka.
        """
        compiled = await self._compiled(text)
        reference = (compiled.namespace, compiled.name, compiled.version)
        known = self.catalogue.find(*reference)
        if known is not None:
            same = _same(known, text)
            await self.schedules.published_again(compiled, by)
            return same, False
        record = _record(compiled, text, by)
        await self._write(record)
        stored = _same(await self._back(record), text)
        await self.schedules.published(compiled, by)
        return stored, stored == record

    async def _compiled(self, text: str) -> Compiled:
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


def _record(compiled: Compiled, text: str, by: Caller) -> Definition:
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
    )


def _same(known: Definition, text: str) -> Definition:
    if known.text == text:
        return known
    raise _taken(known)


def _taken(known: Definition) -> Problem:
    name = f"{known.namespace}/{known.name}:{known.version}"
    return conflict("version-exists", f"{name} is published with another text: give the new text a higher version")
