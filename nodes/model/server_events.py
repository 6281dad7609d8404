"""Reading a stream of server-sent events, and short answers, within a bound."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import httpx

from nodes.errors import fault

#: A stream has some hundred bytes for each token.
STREAM_BYTES_MAX: Final = 32 * 1024 * 1024
ERROR_BYTES_MAX: Final = 64 * 1024


async def data_lines(where: str, response: httpx.Response) -> AsyncIterator[str]:
    """Yield the text of each `data:` line. Events of several lines are not used by any provider."""
    size, rest = 0, b""
    async for part in response.aiter_bytes():
        size += len(part)
        if size > STREAM_BYTES_MAX:
            raise fault("communication", f"{where}: expected an answer of at most {STREAM_BYTES_MAX} bytes, found more")
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].decode("utf-8", errors="replace").strip()
    if rest.startswith(b"data:"):
        yield rest[5:].decode("utf-8", errors="replace").strip()


async def read_at_most(response: httpx.Response, limit: int) -> bytes:
    """Give the beginning of a body."""
    found = b""
    async for part in response.aiter_bytes():
        found += part
        if len(found) >= limit:
            break
    return found[:limit]
