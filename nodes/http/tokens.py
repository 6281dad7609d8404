"""Access tokens from OAuth2 and OpenID Connect authorities, kept until shortly before they expire."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.http.arguments import OAuth2, OAuthClient, OAuthToken, OpenId
from nodes.http.exchange import fetch_json

WELL_KNOWN = "/.well-known/openid-configuration"
#: A token is not used in its last seconds.
MARGIN_S = 30
#: How long a token without `expires_in` is kept, and what an authority says of itself.
UNKNOWN_LIFE_S = 60
DISCOVERY_LIFE_S = 3600
KEPT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What to ask an authority for. `token_url` is empty when `discovery_url` has to be asked for it."""

    token_url: str
    discovery_url: str
    form: tuple[tuple[str, str], ...]
    basic: tuple[str, str] | None
    as_json: bool
    issuers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token, and whether it was there before it was asked for."""

    text: str
    was_cached: bool


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    text: str = ""
    expires_at: float = 0.0


class Tokens:
    """Tokens by what was asked for. Many tasks that need the same one wait for one request."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[object, _Entry] = OrderedDict()

    async def get(self, wanted: TokenRequest, ctx: TaskContext) -> Token:
        """Give a token for `wanted`, fetched if none is fresh."""
        entry = self._entry(wanted)
        async with entry.lock:
            if self._clock() < entry.expires_at:
                return Token(text=entry.text, was_cached=True)
            answer = await self._ask(wanted, ctx)
            entry.text = _access_token(answer, wanted)
            entry.expires_at = self._clock() + max(0.0, float(answer.get("expires_in") or UNKNOWN_LIFE_S) - MARGIN_S)
            return Token(text=entry.text, was_cached=False)

    def forget(self, wanted: TokenRequest) -> None:
        """Let the next `get` fetch a new token."""
        self._entry(wanted).expires_at = 0.0

    def _entry(self, key: object) -> _Entry:
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        if len(self._entries) > KEPT:
            self._entries.popitem(last=False)
        return entry

    async def _ask(self, wanted: TokenRequest, ctx: TaskContext) -> Mapping[str, Any]:
        url = wanted.token_url or await self._discovered(wanted.discovery_url, ctx)
        body: dict[str, Any] = {"json": dict(wanted.form)} if wanted.as_json else {"data": dict(wanted.form)}
        request = ctx.http.request("POST", url, headers={"accept": "application/json"}, **body)
        auth = httpx.BasicAuth(*wanted.basic) if wanted.basic else None
        return await fetch_json(request, ctx, auth)

    async def _discovered(self, url: str, ctx: TaskContext) -> str:
        entry = self._entry(url)
        async with entry.lock:
            if self._clock() >= entry.expires_at:
                answer = await fetch_json(ctx.http.request("GET", url), ctx, None)
                entry.text = str(answer.get("token_endpoint") or "")
                entry.expires_at = self._clock() + DISCOVERY_LIFE_S
        if not entry.text:
            raise fault("authentication", f"expected a `token_endpoint` at {url}, found none")
        return entry.text


def oauth2_request(given: OAuth2) -> TokenRequest:
    """Give the token request for an OAuth2 authority: its endpoint is a path below the authority."""
    path = given.endpoints.token
    url = path if "://" in path else f"{given.authority.rstrip('/')}/{path.lstrip('/')}"
    return _request(given, token_url=url, discovery_url="")


def oidc_request(given: OpenId) -> TokenRequest:
    """Give the token request for an OpenID Connect authority: it says itself where its endpoint is."""
    authority = given.authority.rstrip("/")
    return _request(given, token_url="", discovery_url=authority.removesuffix(WELL_KNOWN) + WELL_KNOWN)


def _request(given: OpenId, *, token_url: str, discovery_url: str) -> TokenRequest:
    client, basic = _client_parts(given.client)
    form: dict[str, str | None] = {"grant_type": given.grant} | client | _grant_parts(given)
    form |= {"scope": " ".join(given.scopes) or None, "audience": " ".join(given.audiences) or None}
    return TokenRequest(
        token_url=token_url,
        discovery_url=discovery_url,
        form=tuple((name, value) for name, value in form.items() if value is not None),
        basic=basic,
        as_json=given.request.encoding == "application/json",
        issuers=tuple(given.issuers),
    )


def _client_parts(client: OAuthClient) -> tuple[dict[str, str | None], tuple[str, str] | None]:
    match client.authentication:
        case "client_secret_basic":
            return {}, (client.id or "", client.secret or "")
        case "client_secret_post":
            return {"client_id": client.id, "client_secret": client.secret}, None
        case "private_key_jwt":
            kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            parts = {"client_id": client.id, "client_assertion": client.assertion, "client_assertion_type": kind}
            return dict(parts), None
        case "none":
            return {"client_id": client.id}, None
        case other:
            raise fault("configuration", f"the client authentication {other!r} is not supported")


def _grant_parts(given: OpenId) -> dict[str, str | None]:
    match given.grant:
        case "client_credentials":
            return {}
        case "password":
            return {"username": given.username, "password": given.password}
        case "urn:ietf:params:oauth:grant-type:token-exchange":
            return _token_parts("subject", given.subject) | _token_parts("actor", given.actor)
        case other:
            raise fault("configuration", f"the grant {other!r} needs a person or an earlier token; use another one")


def _token_parts(role: str, token: OAuthToken | None) -> dict[str, str | None]:
    return {f"{role}_token": token.token, f"{role}_token_type": token.type} if token else {}


def _access_token(answer: Mapping[str, Any], wanted: TokenRequest) -> str:
    text = answer.get("access_token")
    if not isinstance(text, str) or not text:
        raise fault("authentication", "expected an `access_token` from the authority, found none")
    if wanted.issuers and _issuer(text) not in wanted.issuers:
        raise fault(
            "authentication", f"expected a token issued by {' or '.join(wanted.issuers)}, found {_issuer(text)!r}"
        )
    return text


def _issuer(token: str) -> str:
    try:
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["iss"])
    except (ValueError, LookupError, TypeError):
        return ""
