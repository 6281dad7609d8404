"""Ids of runs and commands, made where they enter the system."""

from __future__ import annotations

import secrets
import time
import uuid
from hashlib import blake2b

_RANDOM_BITS = 74
_RANDOM_LOW_BITS = 62


def new_run_id() -> str:
    """Give a fresh UUIDv7 (RFC 9562): ids of later runs sort later."""
    random = secrets.randbits(_RANDOM_BITS)
    high = (time.time_ns() // 1_000_000) << 16 | 0x7 << 12 | random >> _RANDOM_LOW_BITS
    low = 0b10 << _RANDOM_LOW_BITS | random & ((1 << _RANDOM_LOW_BITS) - 1)
    return str(uuid.UUID(int=high << 64 | low))


def keyed_run_id(namespace: str, name: str, key: str) -> str:
    """Give the run id that the idempotency key `key` stands for: a UUIDv8 (RFC 9562) made of a digest."""
    source = "\0".join((namespace, name, key)).encode()
    number = int.from_bytes(blake2b(source, digest_size=16, person=b"agentos-run-key").digest(), "big")
    number = number & ~(0xF << 76) | 0x8 << 76
    number = number & ~(0b11 << 62) | 0b10 << 62
    return str(uuid.UUID(int=number))


def new_command_id() -> str:
    """Give the id of one request's command."""
    return secrets.token_hex(16)
