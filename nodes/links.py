"""One-time links: a signed text that names run, approval, person, channel and when it ends.

A link can be used once because an approval can be decided once by each person: what is closed stays closed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import asdict, dataclass

LONGEST = 4_000
#: Stands between what a link says and its signature. No dot: mail servers treat one at the start of a line as theirs.
BETWEEN = "~"


class LinkRefused(Exception):
    """The link cannot be used. `is_expired` tells one that was good once from one that never was."""

    def __init__(self, reason: str, *, is_expired: bool = False) -> None:
        self.is_expired = is_expired
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link says. Without a person it only names the approval: the channel has to know who answers."""

    run: str
    approval: str
    person: str
    channel: str
    #: Unix seconds.
    until_s: int


def seal(link: Link, key: bytes) -> str:
    """Give the signed text of a link."""
    body = _encoded(json.dumps(asdict(link), separators=(",", ":")).encode())
    return f"{body}{BETWEEN}{_encoded(_signature(body, key))}"


def unseal(token: str, key: bytes, now_s: float) -> Link:
    """Give the link that a signed text holds. Raises `LinkRefused` for a foreign, changed or expired one."""
    body, _, signed = token.partition(BETWEEN)
    if not key or len(token) > LONGEST or not hmac.compare_digest(_encoded(_signature(body, key)), signed):
        raise LinkRefused("this link was not made here, or was changed on its way")
    try:
        link = Link(**json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
    except (binascii.Error, ValueError, TypeError):
        raise LinkRefused("this link was not made here, or was changed on its way") from None
    if now_s > link.until_s:
        raise LinkRefused("this link has expired", is_expired=True)
    return link


def _signature(body: str, key: bytes) -> bytes:
    return hmac.digest(key, b"agentos approval link\0" + body.encode("utf-8", "replace"), "sha256")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
