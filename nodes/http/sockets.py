"""TCP and TLS connections on asyncio alone, in the shape httpcore wants them.

They do what httpcore's own do by way of anyio, at about half of the cost.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpcore

#: Unread bytes at which the other side is made to wait.
UNREAD_MAX = 256 * 1024


class Socket(asyncio.Protocol):
    """What came in and was not read yet, and whether more may be written."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.unread = bytearray()
        self.is_over = False
        self._failure: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport; under TLS it is another than before."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came in."""
        self.unread += data
        if len(self.unread) > UNREAD_MAX and self.transport is not None and not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        """Note that nothing more comes."""
        self.is_over = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone."""
        self.is_over = True
        self._failure = exc
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        """Let writers wait."""
        self._writer = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Let writers go on."""
        _wake(self._writer)
        self._writer = None

    async def read(self, size_max: int) -> bytes:
        """Give up to `size_max` bytes; none when nothing more comes."""
        while not self.unread and not self.is_over:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if self._failure is not None and not self.unread:
            raise self._failure
        data = bytes(self.unread[:size_max])
        del self.unread[:size_max]
        if self._is_paused and len(self.unread) <= UNREAD_MAX // 2 and self.transport is not None:
            self._is_paused = False
            self.transport.resume_reading()
        return data

    async def write(self, data: bytes) -> None:
        """Write, and wait while too much is on its way."""
        if self.transport is None or self.transport.is_closing():
            raise self._failure or ConnectionResetError("the connection is closed")
        self.transport.write(data)
        if self._writer is not None:
            await self._writer


class Stream(httpcore.AsyncNetworkStream):
    """A connection."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Give what came in; nothing at its end."""
        with _meaning(httpcore.ReadTimeout, httpcore.ReadError):
            if timeout is None or self._socket.unread:
                return await self._socket.read(max_bytes)
            async with asyncio.timeout(timeout):
                return await self._socket.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        if not buffer:
            return
        with _meaning(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                await self._socket.write(buffer)

    async def aclose(self) -> None:
        """Close; what is on its way is dropped."""
        if self._socket.transport is not None:
            self._socket.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """Go on with TLS."""
        loop, socket = asyncio.get_running_loop(), self._socket
        assert socket.transport is not None  # noqa: S101  # mypy: it is connected
        with _meaning(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                socket.transport = await loop.start_tls(
                    socket.transport, socket, ssl_context, server_hostname=server_hostname
                )
        return self

    def get_extra_info(self, info: str) -> Any:
        """Give what httpcore asks of a connection."""
        match info:
            case "is_readable":
                return self._socket.is_over or bool(self._socket.unread)
            case "ssl_object":
                return self._socket.transport and self._socket.transport.get_extra_info("ssl_object")
            case _:
                return None


async def connect(host: str, port: int, timeout: float | None = None) -> Stream:
    """Open a connection to an address."""
    with _meaning(httpcore.ConnectTimeout, httpcore.ConnectError):
        async with asyncio.timeout(timeout):
            _, socket = await asyncio.get_running_loop().create_connection(Socket, host, port)
    return Stream(socket)


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


@contextmanager
def _meaning(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise broken(str(error) or type(error).__name__) from error
