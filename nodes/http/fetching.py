"""Fetching texts that documents refer to, before there is a run: the same guard and caps as for calls of tasks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from nodes.base import TaskContext
from nodes.errors import NodeError, fault
from nodes.http.arguments import Authentication, Endpoint, HttpArguments
from nodes.http.authentication import auth_for
from nodes.http.client import HttpClient, HttpOptions
from nodes.http.exchange import exchange
from nodes.http.node import limits_of, request_of
from nodes.http.outcome import error_of
from nodes.http.tokens import Tokens

LOG = logging.getLogger("nodes.http")


class SecretKeeper(Protocol):
    """Knows the secrets of this process, and what else must not be told."""

    def value(self, name: str) -> Any:
        """Give a secret, None if there is none of that name."""
        ...

    def conceal(self, secret: Any) -> None:
        """Remember a value that must not be told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A text that has one of several addresses."""

    uris: tuple[str, ...]
    authentication: Authentication | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A text and the address it was found at."""

    uri: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchServices:
    """What a request that no task makes is given."""

    http: HttpClient
    secrets: SecretKeeper

    def progress(self, kind: str, text: str) -> None:
        """Show nothing: nobody watches."""

    def secret(self, name: str) -> Any:
        """Give a secret of this process."""
        return self.secrets.value(name)

    def conceal(self, secret: Any) -> None:
        """Keep a value out of what is told."""
        self.secrets.conceal(secret)

    def log(self, level: int, text: str) -> None:
        """Write a line to the log."""
        LOG.log(level, "%s", text)


async def fetch_texts(
    requests: Sequence[Request], options: HttpOptions, secrets: SecretKeeper
) -> list[Answer | NodeError]:
    """Fetch texts, all at once. Gives an answer or an error for each, in the same order."""
    async with HttpClient(options) as http:
        services = FetchServices(http=http, secrets=secrets)
        ctx = TaskContext(run_id="publish", path="", attempt=1, services=services)
        return list(await asyncio.gather(*(_fetched(request, ctx) for request in requests)))


async def _fetched(request: Request, ctx: TaskContext) -> Answer | NodeError:
    """Give the first text there is: an address at which there is nothing leads to the next one."""
    failure: NodeError = fault("configuration", "expected an address, found none")
    for uri in request.uris:
        try:
            return Answer(uri=uri, text=await _text(uri, request.authentication, ctx))
        except NodeError as error:
            failure = error
        if failure.problem.get("status") != HTTPStatus.NOT_FOUND:
            break
    return failure


async def _text(uri: str, authentication: Authentication | None, ctx: TaskContext) -> str:
    call = HttpArguments(method="get", endpoint=Endpoint(uri=uri, authentication=authentication), redirect=True)
    found = await exchange(request_of(call, ctx), ctx, auth_for(authentication, Tokens(), ctx), limits_of(call, ctx))
    if not found.response.is_success:
        raise error_of(found)
    try:
        return found.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fault(
            "configuration", f"{uri}: expected text in UTF-8, found a byte that is none at {error.start}"
        ) from None
