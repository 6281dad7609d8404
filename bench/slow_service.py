"""A service that answers every request after a second: `python -m bench.slow_service`. It prints its port first."""

from __future__ import annotations

import asyncio

ANSWER_AFTER_S = 1.0
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\ntrue"


class Slow(asyncio.Protocol):
    """One connection; its requests have no bodies."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection."""
        self.transport = transport
        self.unread = b""

    def data_received(self, data: bytes) -> None:
        """Answer each whole request later."""
        *requests, self.unread = (self.unread + data).split(b"\r\n\r\n")
        for _ in requests:
            asyncio.get_running_loop().call_later(ANSWER_AFTER_S, self.answer)

    def answer(self) -> None:
        """Send the answer."""
        if isinstance(self.transport, asyncio.Transport) and not self.transport.is_closing():
            self.transport.write(ANSWER)


async def serve() -> None:
    """Serve until ended."""
    server = await asyncio.get_running_loop().create_server(Slow, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
