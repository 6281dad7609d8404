"""Secrets by name, from the environment (`AGENTOS_SECRET_NAME`) or from files named like them in a folder.

Only workers know them. A secret whose text is a JSON object is that object, so that `$secrets.shop.password` works.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

PREFIX = "AGENTOS_SECRET_"
SECRET_BYTES_MAX = 64 * 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_OTHER = re.compile(r"[^A-Za-z0-9]")
_USED = re.compile(r"""\$secrets\s*(?:\.\s*)?(?:([A-Za-z_][A-Za-z0-9_]*)|\[?\s*"([^"\\]+)"\s*\]?)""")


class SecretSource(Protocol):
    """Where secrets are."""

    def find(self, namespace: str, name: str) -> str | None:
        """Give the text of a secret for workflows of `namespace`; None if there is none of that name."""
        ...


class EnvironmentSecrets:
    """Secrets in environment variables: `paymentKey` is `AGENTOS_SECRET_paymentKey` or `AGENTOS_SECRET_PAYMENTKEY`.

    In the second form every character but letters and digits is `_`.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._found = {name: value for name, value in environment.items() if name.startswith(PREFIX)}

    def find(self, namespace: str, name: str) -> str | None:  # noqa: ARG002  # one environment for all namespaces
        """Give the variable's value."""
        exact = self._found.get(PREFIX + name)
        return exact if exact is not None else self._found.get(PREFIX + _OTHER.sub("_", name).upper())


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


class Secrets:
    """Secrets of several sources; the first that knows a name counts."""

    def __init__(self, sources: Sequence[SecretSource]) -> None:
        self._sources = sources

    def value(self, namespace: str, name: str) -> Any:
        """Give a secret: an object if its text is a JSON object, else its text. None if there is none."""
        for source in self._sources:
            text = source.find(namespace, name)
            if text is not None:
                return _meant(text)
        return None


def used_secrets(source: str) -> list[str]:
    """Give the names of the secrets that an expression reads by name, in order. A computed name gives nothing."""
    return list(dict.fromkeys(plain or quoted for plain, quoted in _USED.findall(source)))


def _meant(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict) else text
