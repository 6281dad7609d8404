"""How to log in: basic, bearer, digest, OAuth2 and OpenID Connect."""

from __future__ import annotations

from collections.abc import Mapping

from language.schema.build import Schema, choice, exactly_one, listing, named, record, ref, text

_GRANTS = (
    "authorization_code",
    "client_credentials",
    "password",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:token-exchange",
)
_CLIENT_AUTHENTICATIONS = ("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none")
_ENCODINGS = ("application/x-www-form-urlencoded", "application/json")


def _or_secret(description: str, properties: Mapping[str, Schema], required: list[str]) -> Schema:
    """Credentials written here, or the name of a secret that holds them."""
    secret = named("The name of a secret in `use.secrets` that holds these credentials.", "secrets", "secret's name")
    alone, inline = exactly_one(["use"], required)
    return record(
        description,
        {"use": secret, **properties},
        oneOf=[{**alone, "maxProperties": 1}, inline],
    )


_PASSWORD = {
    "username": text("The user's name."),
    "password": text("The user's password."),
}

_OAUTH2: dict[str, Schema] = {
    "authority": {
        "description": "The URI of the server that issues tokens.",
        "anyOf": [ref("expression"), ref("uriTemplate")],
    },
    "grant": choice("How a token is asked for.", _GRANTS),
    "client": record(
        "The client that asks for the token.",
        {
            "id": text("The client's id."),
            "secret": text("The client's secret."),
            "assertion": text("A signed JWT that proves who the client is."),
            "authentication": choice(
                "How the client proves who it is.", _CLIENT_AUTHENTICATIONS, default="client_secret_post"
            ),
        },
    ),
    "request": record(
        "How the request for a token is written.",
        {"encoding": choice("The media type of the request's body.", _ENCODINGS, default=_ENCODINGS[0])},
    ),
    "issuers": listing("Whose tokens are accepted.", text("An issuer.")),
    "scopes": listing("The scopes to ask for.", text("A scope.")),
    "audiences": listing("The audiences to ask for.", text("An audience.")),
    "username": text("The user's name, for the grant `password`."),
    "password": text("The user's password, for the grant `password`."),
    "subject": ref("oauth2Token", "The token of the party on whose behalf the request is made."),
    "actor": ref("oauth2Token", "The token of the party that acts."),
}

_OAUTH2_ENDPOINTS = record(
    "Where the server's endpoints are, relative to the authority.",
    {
        "token": text("Where tokens are issued.", default="/oauth2/token"),
        "revocation": text("Where tokens are revoked.", default="/oauth2/revoke"),
        "introspection": text("Where tokens are looked up.", default="/oauth2/introspect"),
    },
)

_POLICIES: dict[str, Schema] = {
    "basic": _or_secret("A name and a password in each request (HTTP Basic).", _PASSWORD, ["username", "password"]),
    "bearer": _or_secret("A token in each request.", {"token": text("The token.")}, ["token"]),
    "digest": _or_secret(
        "A name and a password that is never sent (HTTP Digest).", _PASSWORD, ["username", "password"]
    ),
    "oauth2": _or_secret(
        "A token from an OAuth2 server.", {**_OAUTH2, "endpoints": _OAUTH2_ENDPOINTS}, ["authority", "grant"]
    ),
    "oidc": _or_secret("A token from an OpenID Connect server.", _OAUTH2, ["authority", "grant"]),
}

DEFINITIONS: dict[str, Schema] = {
    "oauth2Token": record(
        "A token and its type.",
        {"token": text("The token."), "type": text("The token's type, as a URI.")},
        required=["token", "type"],
        title="token",
    ),
    "authenticationPolicy": record(
        "A way to log in: exactly one of basic, bearer, digest, oauth2 and oidc.",
        _POLICIES,
        oneOf=exactly_one(*([name] for name in _POLICIES)),
        title="authentication policy",
    ),
    "authentication": record(
        "A way to log in, written here or, with `use`, by its name in `use.authentications`.",
        {
            "use": named("The name of a policy in `use.authentications`.", "authentications", "policy's name"),
            **_POLICIES,
        },
        oneOf=exactly_one(["use"], *([name] for name in _POLICIES)),
        title="authentication",
    ),
}
