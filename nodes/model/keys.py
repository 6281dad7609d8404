"""Where a provider is, and the key to it. The operator's own key goes to the operator's own places only."""

from __future__ import annotations

from dataclasses import dataclass

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.http.arguments import FromSecret
from nodes.model.arguments import ModelArguments
from nodes.model.failures import no_key
from nodes.provisions import ModelAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The address of a provider, without a slash at its end, and a key; empty where none is needed."""

    address: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What is known of a provider: its own address, and what its key is called."""

    provider: str
    address: str
    variable: str


def door(with_: ModelArguments, lock: Lock, access: ModelAccess, ctx: TaskContext) -> Door:
    """Give where to go and with which key. Raises `NodeError` when there is no key and one is needed.

    A key in the task counts first, then a secret called like the variable, then the operator's. That one is sent to the
    provider's own address and to the one of the settings, and never to one that only a workflow names.
    """
    usual = (access.address or lock.address).rstrip("/")
    address = (with_.endpoint or usual).rstrip("/")
    key = _given(with_.api_key, ctx) or _text(ctx.secret(lock.variable))
    if not key and access.key and address in {usual, lock.address}:
        key = access.key
    if not key and address == lock.address:
        raise no_key(lock.provider, lock.variable)
    ctx.conceal(key)
    return Door(address=address, key=key)


def _given(api_key: str | FromSecret | None, ctx: TaskContext) -> str:
    if not isinstance(api_key, FromSecret):
        return api_key or ""
    found = _text(ctx.secret(api_key.use))
    if not found:
        raise fault("configuration", f"expected a secret called {api_key.use!r} with the key of the model, found none")
    return found


def _text(secret: object) -> str:
    return secret.strip() if isinstance(secret, str) else ""
