"""All published definitions, as the definitions topic tells them: the first record of a version counts."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schemas.records import Definition

Reference = tuple[str, str, str]

_PARTS = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")


@dataclass(slots=True)
class Catalogue:
    """Filled by the tail, in the event loop."""

    _by_reference: dict[Reference, Definition] = field(default_factory=dict)
    _versions: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _by_text: dict[bytes, Reference] = field(default_factory=dict)
    _awaited: dict[Reference, asyncio.Event] = field(default_factory=dict)

    def add(self, definitions: Iterable[Definition]) -> None:
        """Take in records in the order of the topic."""
        for found in definitions:
            reference = (found.namespace, found.name, found.version)
            if reference not in self._by_reference:
                self._by_reference[reference] = found
                self._by_text.setdefault(_mark(found.text), reference)
                self._versions.setdefault(reference[:2], []).append(found.version)
                self._versions[reference[:2]].sort(key=_order)
            if awaited := self._awaited.pop(reference, None):
                awaited.set()

    def find(self, namespace: str, name: str, version: str | None = None) -> Definition | None:
        """Give a version of a definition, the highest one if none is named."""
        if version is None:
            versions = self._versions.get((namespace, name))
            version = versions[-1] if versions else ""
        return self._by_reference.get((namespace, name, version))

    def with_text(self, text: str) -> Definition | None:
        """Give the definition that was published with this very text."""
        reference = self._by_text.get(_mark(text))
        return None if reference is None else self._by_reference[reference]

    def listed(self) -> Iterator[Definition]:
        """Yield all definitions by namespace and name, versions ascending."""
        for namespace, name in sorted(self._versions):
            for version in self._versions[namespace, name]:
                yield self._by_reference[namespace, name, version]

    def highest(self) -> Iterator[Definition]:
        """Yield the highest version of each workflow, by namespace and name."""
        for namespace, name in sorted(self._versions):
            yield self._by_reference[namespace, name, self._versions[namespace, name][-1]]

    def versions(self, namespace: str, name: str) -> list[Definition]:
        """Give all versions of a workflow, ascending."""
        return [self._by_reference[namespace, name, version] for version in self._versions.get((namespace, name), ())]

    async def appears(self, reference: Reference, wait_s: float) -> Definition:
        """Give the definition as soon as it is here. Raises `TimeoutError`."""
        if reference not in self._by_reference:
            awaited = self._awaited.setdefault(reference, asyncio.Event())
            async with asyncio.timeout(wait_s):
                await awaited.wait()
        return self._by_reference[reference]


def _mark(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _order(version: str) -> tuple[int, tuple[int, ...], bool, tuple[tuple[bool, int, str], ...], str]:
    """Give the key by which versions ascend: Semantic Versioning 2.0.0, before it whatever is no such version."""
    found = _PARTS.fullmatch(version)
    if found is None:
        return (0, (), False, (), version)
    early = found[4]
    marks = tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in (early or "").split("."))
    return (1, tuple(int(part) for part in found.group(1, 2, 3)), early is None, marks, version)
