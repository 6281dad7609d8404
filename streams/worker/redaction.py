"""Blacking out the secrets a task was given, wherever they turn up in what it gives back.

A secret is known in the forms that programs write it in: as it is, in URLs, in JSON (also JSON within JSON), in HTML,
in hexadecimal, and in base64. In base64 a secret looks different at each of three offsets, as in `Basic` headers, where
a name stands before it; so what is searched is the part that does not depend on its neighbours, and the whole word
around it is blacked out. What no search can find is a secret that was cut, encrypted or hashed.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, quote_plus

from nodes.errors import NodeError

BLACK: Final = "***"
#: Shorter texts are blacked out only where they are all there is: they turn up everywhere.
SHORT: Final = 4
#: Shorter parts of base64 turn up by chance.
SHORT_BASE64: Final = 6

_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/_-]")
_PADDING = re.compile(r"(?:=|%3[Dd]){0,2}")


class Redaction:
    """Knows some secrets and how they may be written."""

    def __init__(self, secrets: Iterable[Any]) -> None:
        texts = {text for secret in secrets for text in _texts(secret) if text}
        long = [text for text in texts if len(text) >= SHORT]
        self._long = sorted(long, key=len)[::-1]
        #: Longest first, so that a secret inside another does not leave its rest.
        self._parts = sorted({form for text in long for form in _forms(text)}, key=len)[::-1]
        self._cores = sorted({core for text in long for core in _base64_cores(text)}, key=len)[::-1]
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
        if "%" in text or "+" in text:
            for secret in self._long:
                text = _in_urls(secret).sub(BLACK, text)
        for core in self._cores:
            if core in text:
                text = _without_words(text, core)
        return text

    def beginning(self, text: str) -> tuple[str, str]:
        """Split a text that goes on: what can be shown, blacked out, and an end that may begin a secret."""
        text = self.text(text)
        held = max((_overlap(text, part) for part in (*self._parts, *self._cores)), default=0)
        return (text[:-held], text[-held:]) if held else (text, "")

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


@lru_cache(1024)
def _forms(text: str) -> frozenset[str]:
    data = text.encode("utf-8", "replace")
    in_urls = {
        quote(text, safe="", errors="replace"),
        quote(text, errors="replace"),
        quote_plus(text, errors="replace"),
    }
    escaped = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    escaped |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in escaped}
    in_markup = {html.escape(text), html.escape(text, quote=False)}
    # Longer ones are found at any place of other data, by `_base64_cores`.
    encoded = {base64.b64encode(data).decode().rstrip("=")} if len(data) <= SHORT else set()
    return frozenset({text, data.hex(), data.hex().upper(), *in_urls, *escaped, *in_markup, *encoded})


@lru_cache(256)
def _in_urls(text: str) -> re.Pattern[str]:
    """Give what finds `text` in URLs, whichever of its characters are written as `%XX`."""
    return re.compile("".join(map(_in_url, text)))


def _in_url(character: str) -> str:
    if character == " ":
        return r"(?: |\+|%20)"
    coded = "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
    either_case = re.sub("[A-F]", lambda found: f"[{found.group()}{found.group().lower()}]", coded)
    return f"(?:{re.escape(character)}|{either_case})"


@lru_cache(1024)
def _base64_cores(text: str) -> frozenset[str]:
    """Give what is in the base64 of any data that has `text` in it, at each of the three offsets it may have."""
    data = text.encode("utf-8", "replace")
    cores: set[str] = set()
    for offset, before in enumerate((0, 2, 3)):
        # The last character depends on what follows unless the text ends with a whole group.
        usable = (offset + len(data)) * 8 // 6
        found = base64.b64encode(b"\0" * offset + data).decode()[before:usable]
        if len(found) >= SHORT_BASE64:
            cores |= {found, found.replace("+", "-").replace("/", "_")}
    return frozenset(cores)


def _without_words(text: str, core: str) -> str:
    """Give `text` with each word of base64 that has `core` in it blacked out. Linear, whatever the text is."""
    kept, done = [], 0
    while (at := text.find(core, done)) >= 0:
        begin = max((found.end() for found in _NO_BASE64.finditer(text, done, at)), default=done)
        stop = _NO_BASE64.search(text, at)
        end = stop.start() if stop else len(text)
        padding = _PADDING.match(text, end)
        kept += [text[done:begin], BLACK]
        done = padding.end() if padding else end
    return "".join([*kept, text[done:]])


def _overlap(text: str, part: str) -> int:
    """Give how many characters at the end of `text` are the beginning of `part`."""
    size = min(len(part) - 1, len(text))
    while size > 0:
        # The beginning has to end as the text does: most texts end as no part of it.
        size = part.rfind(text[-1], 0, size) + 1
        if size and text.endswith(part[:size]):
            return size
        size -= 1
    return 0
