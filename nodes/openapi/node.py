"""The node type `openapi`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.http.arguments import Arguments, Authentication, Endpoint, HttpArguments
from nodes.http.authentication import auth_for, authorization_of
from nodes.http.exchange import exchange
from nodes.http.node import limits_of, request_of
from nodes.http.outcome import output_of
from nodes.http.tokens import Tokens
from nodes.openapi.document import Documents
from nodes.openapi.operation import find_operation, request_parts
from nodes.provisions import Provisions, ReadYaml


class ApiSource(Arguments):
    """Where the document is."""

    endpoint: str | Endpoint
    name: str | None = None


class OpenApiArguments(Arguments):
    """An operation of a document, and what it is given."""

    document: ApiSource = Field(description="The OpenAPI document.")
    operation_id: str = Field(min_length=1, alias="operationId", description="The operation's id in the document.")
    parameters: dict[str, Any] = Field(
        default={}, description="By name; `body` is the whole body, other names that are no parameters its members."
    )
    authentication: Authentication | None = Field(default=None, description="How to log in to the service.")
    output: Literal["content", "raw", "response"] = "content"
    redirect: bool = False


class OpenApi:
    """Calls an operation of a service that an OpenAPI document describes."""

    name = "openapi"
    version = "1.0.0"
    icon = "plug"
    With = OpenApiArguments
    Output = Any
    examples = (
        {
            "document": {"endpoint": "https://petstore.example/openapi.json"},
            "operationId": "findPetsByStatus",
            "parameters": {"status": "available"},
        },
    )

    def __init__(self, read_yaml: ReadYaml | None = None) -> None:
        self._tokens = Tokens()
        self._documents = Documents(read_yaml)

    @classmethod
    def provided(cls, provisions: Provisions) -> OpenApi:
        """Give the instance for a process that may read YAML."""
        return cls(provisions.read_yaml)

    async def authorization(self, arguments: Mapping[str, Any], ctx: TaskContext) -> Mapping[str, Any] | None:
        """Give what `$authorization` is in the arguments: that of the service."""
        given = arguments.get("authentication")
        return None if given is None else await authorization_of(given, self._tokens, ctx)

    async def run(self, with_: OpenApiArguments, ctx: TaskContext) -> Any:
        """Fetch the document if it is not known, send the request, and give what the service answers."""
        source = HttpArguments(method="get", endpoint=with_.document.endpoint, redirect=True)
        document = await self._documents.get(source, self._tokens, ctx)
        try:
            operation = find_operation(document, with_.operation_id)
        except (TypeError, LookupError, AttributeError, ValueError) as error:
            raise fault("configuration", f"{document.uri}: expected an OpenAPI document, found: {error!r}") from None
        parts = request_parts(operation, with_.parameters)
        call = HttpArguments(
            method=operation.method,
            endpoint=Endpoint(uri=parts.url, authentication=with_.authentication),
            headers=parts.headers,
            query=parts.query,
            body=parts.body,
            output=with_.output,
            redirect=with_.redirect,
        )
        auth = auth_for(call.authentication, self._tokens, ctx)
        return output_of(await exchange(request_of(call, ctx), ctx, auth, limits_of(call, ctx)), call)
