"""Secrets by name: from the environment, from files of a folder, and from a table that this process keeps a copy of.

Only workers know them. Each belongs to one namespace or to all of them; a run sees those of its own namespace, and of
those for all. A secret whose text is a JSON object is that object, so that `$secrets.shop.password` works.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

LOG = logging.getLogger(__name__)

PREFIX: Final = "AGENTOS_SECRET_"
#: What follows the prefix in the variable of a secret for one namespace: NAMESPACES__SHOP__TOKEN.
FOR_NAMESPACE: Final = "NAMESPACES__"
SECRET_BYTES_MAX: Final = 64 * 1024
#: How old the copy of the table may get, and how far apart the readings are that missing names ask for.
REFRESH_S: Final = 2.0
REREAD_S: Final = 0.3
FIRST_S: Final = 5.0

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_OTHER = re.compile(r"[^A-Za-z0-9]")
_USED = re.compile(r"""\$secrets\s*(?:\.\s*)?(?:([A-Za-z_][A-Za-z0-9_]*)|\[?\s*"([^"\\]+)"\s*\]?)""")

#: Reads every secret of a table by namespace (empty for all) and name. It blocks.
ReadTable = Callable[[], Mapping[tuple[str, str], str]]


class SecretSource(Protocol):
    """Where secrets are."""

    def find(self, namespace: str, name: str) -> str | None:
        """Give the text of a secret for workflows of `namespace`; None if there is none of that name."""
        ...


class EnvironmentSecrets:
    """Secrets in environment variables: `paymentKey` is `AGENTOS_SECRET_paymentKey` or `AGENTOS_SECRET_PAYMENTKEY`.

    In the second form every character but letters and digits is `_`. For the namespace `my-shop` alone it is
    `AGENTOS_SECRET_NAMESPACES__MY_SHOP__PAYMENTKEY`.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._found = {name: value for name, value in environment.items() if name.startswith(PREFIX)}

    def find(self, namespace: str, name: str) -> str | None:
        """Give the variable's value."""
        shouted, place = _shouted(name), _shouted(namespace)
        own = None if "__" in shouted or "__" in place else f"{PREFIX}{FOR_NAMESPACE}{place}__{shouted}"
        for variable in (own, PREFIX + name, PREFIX + shouted):
            if variable is not None and variable in self._found:
                return self._found[variable]
        return None


class FolderSecrets:
    """Secrets in files, read when they are needed, so that a changed file counts: NAMESPACE/NAME, else NAME."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, namespace: str, name: str) -> str | None:
        """Give the file's text without the line end behind it."""
        if not _NAME.match(name) or not _NAME.match(namespace):
            return None
        for path in (self._folder / namespace / name, self._folder / name):
            if path.is_file() and path.stat().st_size <= SECRET_BYTES_MAX:
                return path.read_text(encoding="utf-8").rstrip("\r\n")
        return None


class TableSecrets:
    """Secrets in a table, of which this process has a copy that is at most some seconds old."""

    def __init__(self, read: ReadTable) -> None:
        self._read = read
        self._found: Mapping[tuple[str, str], str] = {}
        self._begun_at = 0.0
        self._reading = asyncio.Lock()
        self._first = asyncio.Event()
        self._failure = ""

    def find(self, namespace: str, name: str) -> str | None:
        """Give the text of the copy."""
        own = self._found.get((namespace, name))
        return own if own is not None else self._found.get(("", name))

    async def refresh(self) -> None:
        """Have the table as it is now, or later: one reading serves all who asked before it began.

        Readings keep a distance of `REREAD_S`. What can't be read leaves the copy as it is.
        """
        asked_at = time.monotonic()
        async with self._reading:
            if self._first.is_set() and self._begun_at >= asked_at:
                return
            if self._first.is_set():
                await asyncio.sleep(self._begun_at + REREAD_S - asked_at)
            self._begun_at = time.monotonic()
            try:
                self._found = await asyncio.to_thread(self._read)
                self._failure = ""
            except Exception as error:  # noqa: BLE001  # a boundary: runs go on with the secrets there are
                self._tell(str(error))
            self._first.set()

    async def loaded(self) -> None:
        """Return when the table was read for the first time, or could not be."""
        if not self._first.is_set():
            try:
                await asyncio.wait_for(self.refresh(), FIRST_S)
            except TimeoutError:
                LOG.warning("secrets in Postgres were not read within %.0f s; going on without them", FIRST_S)
                self._first.set()

    async def keep_fresh(self) -> None:
        """Read the table again and again, for ever."""
        while True:
            await self.refresh()
            await asyncio.sleep(REFRESH_S)

    def _tell(self, failure: str) -> None:
        if failure != self._failure:
            LOG.warning("secrets in Postgres can't be read now: %s", failure)
        self._failure = failure


class Secrets:
    """Secrets of several sources; the first that knows a name counts."""

    def __init__(self, sources: Sequence[SecretSource], table: TableSecrets | None = None) -> None:
        self._sources = [*sources, table] if table is not None else list(sources)
        self.table = table

    def value(self, namespace: str, name: str) -> Any:
        """Give a secret: an object if its text is a JSON object, else its text. None if there is none."""
        # A name like that of another namespace's variable would lead to it.
        if _shouted(name).startswith(FOR_NAMESPACE):
            return None
        for source in self._sources:
            text = source.find(namespace, name)
            if text is not None:
                return _meant(text)
        return None

    async def fetched(self, namespace: str, name: str) -> Any:
        """Give a secret as `value` does; one that is not known may have been set just now."""
        found = self.value(namespace, name)
        if found is None and self.table is not None:
            await self.table.refresh()
            found = self.value(namespace, name)
        return found


def used_secrets(source: str) -> list[str]:
    """Give the names of the secrets that an expression reads by name, in order. A computed name gives nothing."""
    return list(dict.fromkeys(plain or quoted for plain, quoted in _USED.findall(source)))


def _shouted(name: str) -> str:
    return _OTHER.sub("_", name).upper()


def _meant(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict) else text
