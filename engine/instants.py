"""Instants as the language's expressions see them. Milliseconds since 1970, UTC, in; text out."""

from __future__ import annotations

from datetime import UTC, datetime


def iso8601(at_ms: int) -> str:
    """Give an instant as ISO 8601 text in UTC, to the millisecond."""
    instant = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def descriptor(at_ms: int) -> str:
    """Give the standard's dateTime descriptor of an instant, as JSON text."""
    return f'{{"iso8601":"{iso8601(at_ms)}","epoch":{{"seconds":{at_ms // 1000},"milliseconds":{at_ms}}}}}'
