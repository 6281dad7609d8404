"""What the `with` of an MCP call may hold (DSL reference: MCP Call)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from engine.definition.durations import duration_ms
from nodes.http.arguments import Arguments, Endpoint

Scalar = str | int | float | bool
Method = Literal[
    "tools/list",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/read",
    "resources/templates/list",
]


class HttpTransport(Arguments):
    """A server that is reached over HTTP."""

    endpoint: str | Endpoint
    headers: dict[str, Scalar] = Field(default={})


class StdioTransport(Arguments):
    """A server that is started as a process."""

    command: str = Field(min_length=1)
    arguments: list[Scalar] = Field(default=[])
    environment: dict[str, Scalar] = Field(default={})


class Transport(Arguments):
    """The way to the server: one of both."""

    http: HttpTransport | None = None
    stdio: StdioTransport | None = None
    options: dict[str, Scalar] = Field(default={})

    @model_validator(mode="after")
    def refuse_none_and_both(self) -> Transport:
        """Refuse a transport that is no way, and one that is two."""
        if (self.http is None) == (self.stdio is None):
            raise ValueError("expected either `http` or `stdio`")
        return self


class ClientInfo(Arguments):
    """What the server is told of the caller."""

    name: str = "AgentOS"
    version: str = "1"
    description: str | None = None


class McpArguments(Arguments):
    """A request to an MCP server."""

    method: Method
    parameters: dict[str, Any] = Field(
        default={}, description="As the protocol names them: `name`, `arguments`, `uri`."
    )
    transport: Transport
    protocol_version: str = Field(default="2025-06-18", alias="protocolVersion")
    timeout: str | dict[str, float] | None = Field(default=None, description="A duration: how long the call may take.")
    client: ClientInfo = ClientInfo()

    @field_validator("timeout")
    @classmethod
    def refuse_what_is_no_duration(cls, value: Any) -> Any:
        """Refuse a timeout that is no duration."""
        if value is not None:
            duration_ms(value)
        return value
