"""How a request shows who sends it: the parts of `endpoint.authentication`."""

from __future__ import annotations

from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.http.arguments import (
    Authentication,
    BearerToken,
    FromSecret,
    OAuth2,
    OpenId,
    UserPassword,
)
from nodes.http.tokens import TokenRequest, Tokens, oauth2_request, oidc_request

Properties = TypeVar("Properties", bound=BaseModel)


class BearerAuth(httpx.Auth):
    """Sends a token. A token that was fetched is forgotten when the service refuses it, and fetched anew once."""

    requires_response_body = False

    def __init__(self, token: str) -> None:
        self.token = token

    def auth_flow(self, request: httpx.Request) -> Any:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        yield request


class FetchedTokenAuth(httpx.Auth):
    """Fetches a token when there is none, and once more when the service refuses the one there was."""

    def __init__(self, tokens: Tokens, wanted: TokenRequest, ctx: TaskContext) -> None:
        self._tokens, self._wanted, self._ctx = tokens, wanted, ctx

    async def token(self) -> str:
        """Give the token that a request would be sent with now."""
        return (await self._tokens.get(self._wanted, self._ctx)).text

    async def async_auth_flow(self, request: httpx.Request) -> Any:
        """Add the header; a second time with a fresh token after a 401."""
        token = await self._tokens.get(self._wanted, self._ctx)
        request.headers["Authorization"] = f"Bearer {token.text}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED and token.was_cached:
            self._tokens.forget(self._wanted)
            fresh = await self._tokens.get(self._wanted, self._ctx)
            request.headers["Authorization"] = f"Bearer {fresh.text}"
            yield request


async def authorization_of(given: Any, tokens: Tokens, ctx: TaskContext) -> dict[str, str | None] | None:
    """Give scheme and parameter of what `auth_for` would send, as `$authorization` has them; None when it is unclear.

    A digest is made for each request, so that it has no parameter.
    """
    try:
        found = Authentication.model_validate(given)
    except ValidationError:
        # The node says what is wrong with its arguments.
        return None
    match auth_for(found, tokens, ctx):
        case httpx.BasicAuth() as basic:
            header = next(basic.auth_flow(httpx.Request("GET", "http://unused"))).headers["Authorization"]
            return _descriptor(*header.split(" ", 1))
        case BearerAuth() as bearer:
            return _descriptor("Bearer", bearer.token)
        case FetchedTokenAuth() as fetched:
            return _descriptor("Bearer", await fetched.token())
        case _:
            return _descriptor("Digest", None)


def _descriptor(scheme: str, parameter: str | None) -> dict[str, str | None]:
    return {"scheme": scheme, "parameter": parameter}


def auth_for(given: Authentication | None, tokens: Tokens, ctx: TaskContext) -> httpx.Auth | None:
    """Give what adds credentials to a request, None when there are none to add."""
    match given:
        case None:
            return None
        case Authentication(basic=UserPassword() | FromSecret() as found):
            user = _properties(found, UserPassword, ctx)
            return httpx.BasicAuth(user.username, user.password)
        case Authentication(bearer=BearerToken() | FromSecret() as found):
            return BearerAuth(_properties(found, BearerToken, ctx).token)
        case Authentication(digest=UserPassword() | FromSecret() as found):
            user = _properties(found, UserPassword, ctx)
            return httpx.DigestAuth(user.username, user.password)
        case Authentication(oauth2=OAuth2() | FromSecret() as found):
            return FetchedTokenAuth(tokens, oauth2_request(_properties(found, OAuth2, ctx)), ctx)
        case Authentication(oidc=OpenId() | FromSecret() as found):
            return FetchedTokenAuth(tokens, oidc_request(_properties(found, OpenId, ctx)), ctx)
        case Authentication(use=str(name)):
            raise fault("configuration", f"expected the authentication {name!r} in `use.authentications`, found none")
        case _:
            raise fault(
                "configuration",
                "expected one of `basic`, `bearer`, `digest`, `oauth2`, `oidc`; found none of them"
                " (`certificate` is not supported)",
            )


def _properties(given: Any, kind: type[Properties], ctx: TaskContext) -> Properties:
    if isinstance(given, kind):
        return given
    value = ctx.secret(given.use)
    if value is None:
        raise fault("configuration", f"expected a secret called {given.use!r}, found none; set it where workers run")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        missing = ", ".join(".".join(map(str, part["loc"])) or "a JSON object" for part in error.errors())
        raise fault(
            "configuration", f"expected the secret {given.use!r} to hold {kind.__name__} properties; wrong: {missing}"
        ) from None
