"""`call: email` sends a message through a mail server (SMTP) that an operator named in a secret."""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from typing import Annotated, Any, Literal

import aiosmtplib
from pydantic import BaseModel, Field, ValidationError

from nodes.base import TaskContext
from nodes.errors import NodeError, fault, passing_fault

TIMEOUT_S = 30.0

Address = Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^\r\n]+@[^\r\n]+$")]
Addresses = Annotated[list[Address], Field(max_length=100)]


class MailServer(BaseModel, extra="forbid"):
    """What the secret holds: a JSON object."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    username: str | None = None
    password: str | None = None
    #: How the connection is kept from being read: at once, after a command, or not.
    security: Literal["tls", "starttls", "none"] = "starttls"
    sender: Address | None = Field(default=None, alias="from")


class ServerSecret(BaseModel, extra="forbid"):
    """The name of the secret that holds the mail server."""

    use: str = "smtp"


class EmailArguments(BaseModel, extra="forbid"):
    """A message and whom it goes to."""

    to: Address | Addresses = Field(description="One address, or several.")
    cc: Addresses = []
    bcc: Addresses = []
    sender: Address | None = Field(default=None, alias="from", description="Absent: the one in the secret.")
    reply_to: Address | None = Field(default=None, alias="replyTo")
    subject: str = Field(min_length=1, max_length=998, pattern=r"^[^\r\n]+$")
    text: str = Field(default="", description="The message as plain text.")
    html: str | None = Field(default=None, description="The message as HTML, for programs that show it.")
    server: ServerSecret = Field(default=ServerSecret(), description="The secret that holds the mail server.")


class EmailOutput(BaseModel):
    """The message that was handed over."""

    message_id: str = Field(serialization_alias="messageId", description="The same if the task runs again.")
    refused: dict[str, str] = Field(description="Addresses the server refused, each with its words.")


class Email:
    """Sends an e-mail."""

    name = "email"
    version = "1.0.0"
    icon = "mail"
    With = EmailArguments
    Output = EmailOutput
    examples = ({"to": "anna@shop.example", "subject": "Your order", "text": "It is on its way."},)

    async def run(self, with_: EmailArguments, ctx: TaskContext) -> dict[str, Any]:
        """Hand the message to the server."""
        server = _server(with_.server.use, ctx)
        message = message_of(with_, server, ctx)
        recipients = [*_listed(with_.to), *with_.cc, *with_.bcc]
        left = ctx.remaining_s()
        try:
            refused, _ = await aiosmtplib.send(
                message,
                recipients=recipients,
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                timeout=TIMEOUT_S if left is None else min(left, TIMEOUT_S),
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _error(error, server) from None
        told = {address: f"{answer[0]} {answer[1]}" for address, answer in refused.items()}
        return EmailOutput(message_id=message["Message-ID"], refused=told).model_dump(by_alias=True)


def message_of(with_: EmailArguments, server: MailServer, ctx: TaskContext) -> EmailMessage:
    """Give the message. Its id is derived from the task, so that a second copy can be recognised."""
    sender = with_.sender or server.sender
    if sender is None:
        raise fault("configuration", "expected `from`, in `with` or in the secret of the mail server; found none")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(_listed(with_.to))
    if with_.cc:
        message["Cc"] = ", ".join(with_.cc)
    if with_.reply_to:
        message["Reply-To"] = with_.reply_to
    message["Subject"] = with_.subject
    message["Message-ID"] = f"<{hashlib.sha256(ctx.idempotency_key.encode()).hexdigest()[:32]}@agentos>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(with_.text)
    if with_.html is not None:
        message.add_alternative(with_.html, subtype="html")
    return message


def _listed(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _server(name: str, ctx: TaskContext) -> MailServer:
    value = ctx.secret(name)
    if value is None:
        raise fault("configuration", f"expected a secret called {name!r} with the mail server, found none")
    try:
        return MailServer.model_validate(value)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, part["loc"])) or "a JSON object" for part in error.errors())
        raise fault("configuration", f"expected a mail server in the secret {name!r}; wrong: {wrong}") from None


def _error(error: Exception, server: MailServer) -> NodeError:
    where = f"mail server {server.host}:{server.port}"
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return fault("authentication", f"{where}: {error.code} {error.message}")
        case aiosmtplib.SMTPRecipientsRefused():
            told = "; ".join(f"{one.recipient}: {one.code} {one.message}" for one in error.recipients)
            make = passing_fault if all(400 <= one.code < 500 for one in error.recipients) else fault
            return make("communication", f"{where}: every recipient was refused: {told}")
        case aiosmtplib.SMTPTimeoutError():
            return passing_fault("timeout", f"{where}: no answer in time")
        case aiosmtplib.SMTPResponseException():
            make = passing_fault if 400 <= error.code < 500 else fault
            return make("communication", f"{where}: {error.code} {error.message}")
        case aiosmtplib.SMTPException() | OSError():
            return passing_fault("communication", f"{where}: {str(error) or type(error).__name__}")
        case _:
            return fault("configuration", f"{where}: {error}")
