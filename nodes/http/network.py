"""Connections for the HTTP client: a name is resolved once, every address is checked, a checked one is connected.

The check sits where sockets are opened, below redirects, authentication and pooling, so nothing goes around it, and a
name that changes its address between check and use (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore

from nodes.http.addresses import Address, AddressPolicy
from nodes.http.sockets import connect

#: Gives the addresses of a host.
Resolver = Callable[[str, int], Awaitable[list[Address]]]
#: Opens a TCP connection to an address and a port, within seconds if they are given.
Connector = Callable[[str, int, float | None], Awaitable[httpcore.AsyncNetworkStream]]


class ForbiddenAddress(Exception):
    """The host has an address that tasks may not reach."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to allowed addresses only."""

    def __init__(
        self, policy: AddressPolicy, resolver: Resolver | None = None, connector: Connector | None = None
    ) -> None:
        self._policy = policy
        self._resolve = resolver or resolve
        self._connect = connector or connect

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002  # the signature is httpcore's
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that answers."""
        failure: Exception | None = None
        for address in await self._checked(host, port):
            try:
                return await self._connect(str(address), port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"the name {host} has no address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[Address]:
        addresses = await self._resolve(host, port)
        refused = [str(address) for address in addresses if not self._policy.allows(host, address)]
        if refused:
            raise ForbiddenAddress(
                f"expected a public address for {host}, found {', '.join(refused)}; an operator can allow it"
                " in AGENTOS_HTTP_ALLOW_PRIVATE"
            )
        return addresses


async def resolve(host: str, port: int) -> list[Address]:
    """Give the addresses the system knows for `host`."""
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(f"the name {host} can't be resolved: {error.strerror or error}") from error
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ipaddress.ip_address(text) for text in texts]
