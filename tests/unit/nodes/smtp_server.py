"""A real SMTP server on loopback that keeps what it was given. Its recipients and logins decide what it refuses."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailBox:
    port: int = 0
    password: str = ""
    logins: list[str] = field(default_factory=list)
    #: Recipients and message of each delivery.
    delivered: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        writer.write(b"220 test ESMTP\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                self._keep(recipients, await reader.readuntil(b"\r\n.\r\n"))
                recipients = []
                writer.write(b"250 kept\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(self._answer(verb, line, recipients))
        await writer.drain()
        writer.close()

    def _answer(self, verb: str, line: str, recipients: list[str]) -> bytes:
        match verb:
            case "EHLO":
                return b"250-test\r\n250-AUTH PLAIN\r\n250 SMTPUTF8\r\n" if self.password else b"250 test\r\n"
            case "AUTH":
                user, password = base64.b64decode(line.split()[-1]).decode().split("\0")[1:]
                self.logins.append(user)
                return b"235 welcome\r\n" if password == self.password else b"535 5.7.8 who are you?\r\n"
            case "RCPT":
                address = line[line.index("<") + 1 : line.index(">")]
                if address.startswith("nobody"):
                    return b"550 5.1.1 no such user\r\n"
                if address.startswith("later"):
                    return b"450 4.2.1 try again\r\n"
                recipients.append(address)
                return b"250 ok\r\n"
            case _:
                return b"250 ok\r\n"

    def _keep(self, recipients: list[str], data: bytes) -> None:
        message = message_from_bytes(data.removesuffix(b".\r\n"), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.delivered.append((recipients, message))


@asynccontextmanager
async def running_mail_server(password: str = "") -> AsyncIterator[MailBox]:
    box = MailBox(password=password)
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
