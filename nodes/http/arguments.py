"""What the `with` of an HTTP call may hold (DSL reference: HTTP Call, Endpoint, Authentication).

References to shared authentications and templates in URIs are resolved before a task is sent; secrets may still be
names here, in the form `{use: NAME}`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from nodes.retries import RetryRules


class Arguments(BaseModel):
    """Strict about names, so that a misspelt one is told."""

    model_config = ConfigDict(extra="forbid")


class FromSecret(Arguments):
    """Properties that a secret holds, an object."""

    use: str = Field(description="Name of the secret.")


class UserPassword(Arguments):
    """Who sends the request, for the schemes `basic` and `digest`."""

    username: str
    password: str


class BearerToken(Arguments):
    """A token that opens the door to whoever bears it."""

    token: str


class OAuthClient(Arguments):
    """The client an authority knows."""

    id: str | None = None
    secret: str | None = None
    assertion: str | None = Field(default=None, description="A signed JWT, for `private_key_jwt`.")
    authentication: Literal[
        "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"
    ] = "client_secret_post"


class OAuthRequest(Arguments):
    """How the token request is written."""

    encoding: Literal["application/x-www-form-urlencoded", "application/json"] = "application/x-www-form-urlencoded"


class OAuthEndpoints(Arguments):
    """Paths below the authority."""

    token: str = "/oauth2/token"  # noqa: S105  # a path
    revocation: str = "/oauth2/revoke"
    introspection: str = "/oauth2/introspect"


class OAuthToken(Arguments):
    """A token that stands for somebody, for token exchange."""

    token: str
    type: str


class OpenId(Arguments):
    """How to get an access token from an OpenID Connect authority."""

    authority: str
    grant: Literal[
        "authorization_code",
        "client_credentials",
        "password",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ]
    client: OAuthClient = OAuthClient()
    request: OAuthRequest = OAuthRequest()
    issuers: list[str] = []
    scopes: list[str] = []
    audiences: list[str] = []
    username: str | None = None
    password: str | None = None
    subject: OAuthToken | None = None
    actor: OAuthToken | None = None


class OAuth2(OpenId):
    """How to get an access token from an OAuth2 authority."""

    endpoints: OAuthEndpoints = OAuthEndpoints()


class Authentication(Arguments):
    """One way to show who sends the request."""

    basic: UserPassword | FromSecret | None = None
    bearer: BearerToken | FromSecret | None = None
    digest: UserPassword | FromSecret | None = None
    oauth2: OAuth2 | FromSecret | None = None
    oidc: OpenId | FromSecret | None = None
    certificate: dict[str, Any] | None = None
    use: str | None = None


class Endpoint(Arguments):
    """Where to send the request, and as whom."""

    uri: Annotated[str, Field(min_length=1)]
    authentication: Authentication | None = None


class HttpArguments(Arguments):
    """An HTTP request and what to make of its response."""

    method: Annotated[str, Field(pattern=r"^[A-Za-z]{1,20}$", description="HTTP method, such as `get`.")]
    endpoint: Annotated[str, Field(min_length=1)] | Endpoint = Field(description="URI, or an endpoint object.")
    headers: dict[str, Any] = Field(default={}, description="Headers of the request.")
    query: dict[str, Any] = Field(default={}, description="Query parameters; a list repeats its name.")
    body: Any = Field(default=None, description="JSON values are sent as JSON, text as it is.")
    output: Literal["content", "raw", "response"] = Field(
        default="content", description="The content, its base64 form, or the whole response."
    )
    redirect: bool = Field(default=False, description="Follow redirects; if false a redirect is an error.")
    retry: RetryRules | None = Field(
        default=None, description="Try again within the task, for errors that may pass or of the given `statuses`."
    )

    @property
    def uri(self) -> str:
        """Where to send the request."""
        return self.endpoint if isinstance(self.endpoint, str) else self.endpoint.uri

    @property
    def authentication(self) -> Authentication | None:
        """As whom to send it."""
        return None if isinstance(self.endpoint, str) else self.endpoint.authentication
