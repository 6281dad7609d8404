"""Request headers that say how: `Prefer: wait=SECONDS` (RFC 7240) and `Idempotency-Key` (IETF draft)."""

from __future__ import annotations

import re

from starlette.datastructures import Headers

from api.problems import bad_request

#: Longer waits are cut to this.
MAX_WAIT_S = 300

_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6}(?:\.\d{1,3})?)\"?\s*(?=$|[,;])", re.IGNORECASE)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def wait_s(headers: Headers) -> float:
    """Give how long the caller wants to wait, 0 when that was not said."""
    found = _WAIT.search(",".join(headers.getlist("prefer")))
    return min(float(found[1]), MAX_WAIT_S) if found else 0.0


def idempotency_key(headers: Headers) -> str | None:
    """Give the caller's key, with or without the quotes that the draft asks for."""
    given = headers.get("idempotency-key")
    if given is None:
        return None
    key = given[1:-1] if len(given) > 1 and given[0] == given[-1] == '"' else given
    if not _KEY.fullmatch(key):
        raise bad_request("expected an Idempotency-Key of 1 to 255 printable ASCII characters without spaces")
    return key
