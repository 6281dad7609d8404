"""Who asks and what they may do. One place, below the routes: a route names its permission, nothing else.

Today there is one principal, the embedded administrator. Users and other roles change `Credentials` alone.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from http.cookies import CookieError, SimpleCookie

COOKIE = "agentos_token"
#: Names the person that the administrator's token acts for.
ACTS_FOR = "X-AgentOS-User"
_PERSON = re.compile(r"[\w.@+\- ]{1,200}")


class Permission(StrEnum):
    """What a route lets its caller do."""

    SEE_RUNS = "see_runs"
    SEE_DEFINITIONS = "see_definitions"
    SEE_SYSTEM = "see_system"
    DECIDE = "decide"
    START_RUNS = "start_runs"
    CONTROL_RUNS = "control_runs"
    SEND_EVENTS = "send_events"
    PUBLISH = "publish"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What somebody is here for."""

    VIEWER = "viewer"
    APPROVER = "approver"
    OPERATOR = "operator"
    AUTHOR = "author"
    ADMIN = "admin"


_SEE = frozenset({Permission.SEE_RUNS, Permission.SEE_DEFINITIONS, Permission.SEE_SYSTEM})

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _SEE,
    Role.APPROVER: _SEE | {Permission.DECIDE},
    Role.OPERATOR: _SEE | {Permission.START_RUNS, Permission.CONTROL_RUNS, Permission.SEND_EVENTS},
    Role.AUTHOR: _SEE | {Permission.START_RUNS, Permission.PUBLISH, Permission.SEND_EVENTS},
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who orders, and from where: what commands, commits and definitions carry. No secret belongs in either."""

    #: `user:NAME`.
    actor: str
    #: `CHANNEL:ADDRESS`: `web`, `cli` or `api` and the client's address.
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody whose credentials were right."""

    name: str
    roles: frozenset[Role]
    #: True when a browser sent the credentials on its own, so that other sites could have made it.
    by_cookie: bool = False
    #: From where this request came, `CHANNEL:ADDRESS`.
    origin: str = ""

    @property
    def caller(self) -> Caller:
        """Give what commands carry of it."""
        return Caller(actor=f"user:{self.name}", origin=self.origin)

    def may(self, permission: Permission) -> bool:
        """Tell whether one of the roles grants `permission`."""
        return any(permission in GRANTS[role] for role in self.roles)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is known of everybody who may ask. Made from the settings; there is no default token."""

    token: str
    #: Whether who has the token may name the person they act for.
    acts_for_others: bool = False

    def __post_init__(self) -> None:
        if not self.token:
            raise ValueError("expected a token: set AGENTOS_TOKEN, or start the stack with `agentos up`")

    def is_token(self, given: str) -> bool:
        """Tell, in constant time, whether `given` is the token."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def principal(self, authorization: str | None, cookie: str | None) -> Principal | None:
        """Give who sent these headers. A wrong `Authorization` counts, even next to a right cookie."""
        if authorization is not None:
            scheme, _, given = authorization.partition(" ")
            return self._administrator() if scheme.lower() == "bearer" and self.is_token(given.strip()) else None
        remembered = _token_in(cookie)
        if remembered is None or not self.is_token(remembered):
            return None
        return self._administrator(by_cookie=True)

    def acting(self, principal: Principal, named: str | None) -> Principal | None:
        """Give the principal as the person it acts for; `None` when it may not name one, or not so."""
        if named is None:
            return principal
        if not self.acts_for_others or not _PERSON.fullmatch(named):
            return None
        return replace(principal, name=named)

    def _administrator(self, *, by_cookie: bool = False) -> Principal:
        return Principal(name="admin", roles=frozenset({Role.ADMIN}), by_cookie=by_cookie)


def _token_in(cookie: str | None) -> str | None:
    if not cookie:
        return None
    try:
        morsel = SimpleCookie(cookie).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None
