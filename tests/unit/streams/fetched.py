"""Records as a consumer fetches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

COMMANDS = "t.commands"


@dataclass(slots=True)
class Rec:
    topic: str
    partition: int
    offset: int
    timestamp: int = 1000
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: Sequence[tuple[str, bytes]] = ()


def records(offsets: range, partition: int = 0, topic: str = COMMANDS) -> list[Rec]:
    return [Rec(topic, partition, offset) for offset in offsets]
