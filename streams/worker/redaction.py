"""Blacking out the secrets a task was given, wherever they turn up in what it gives back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from nodes.errors import NodeError

BLACK = "***"
#: Shorter texts are blacked out only where they are all there is: they turn up everywhere.
SHORT = 4


class Redaction:
    """Knows some secrets and how they may be written."""

    def __init__(self, secrets: Iterable[Any]) -> None:
        texts = {text for secret in secrets for text in _texts(secret) if text}
        #: Longest first, so that a secret inside another does not leave its rest.
        self._parts = sorted({form for text in texts if len(text) >= SHORT for form in _forms(text)}, key=len)[::-1]
        self._whole = texts

    def __bool__(self) -> bool:
        return bool(self._whole)

    def text(self, text: str) -> str:
        """Give `text` with every secret blacked out."""
        if text in self._whole:
            return BLACK
        for part in self._parts:
            if part in text:
                text = text.replace(part, BLACK)
        return text

    def value(self, value: Any) -> Any:
        """Give JSON values with every secret blacked out, in names as well."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(str(name)): self.value(part) for name, part in value.items()}
            case list():
                return [self.value(part) for part in value]
            case bool() | None:
                return value
            case _:
                return BLACK if json.dumps(value) in self._whole else value

    def error(self, error: NodeError) -> NodeError:
        """Give an error with every secret blacked out."""
        return NodeError(self.value(error.problem), retryable=error.retryable) if self else error

    def json_text(self, text: str) -> str:
        """Give JSON text with every secret blacked out; it stays JSON."""
        return json.dumps(self.value(json.loads(text)), ensure_ascii=False, separators=(",", ":"))


def _texts(secret: Any) -> Iterator[str]:
    match secret:
        case str():
            yield secret
        case dict():
            for part in secret.values():
                yield from _texts(part)
        case list():
            for part in secret:
                yield from _texts(part)
        case bool() | None:
            return
        case _:
            yield json.dumps(secret)


def _forms(text: str) -> set[str]:
    return {text, quote(text, safe=""), quote(text), quote_plus(text), json.dumps(text)[1:-1]}
