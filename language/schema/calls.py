"""The arguments of the calls that the standard defines: http, openapi, asyncapi, grpc, mcp, a2a."""

from __future__ import annotations

from language.schema.build import (
    EXPRESSION,
    Schema,
    anything,
    choice,
    either,
    exactly_one,
    flag,
    listing,
    or_expression,
    program,
    record,
    ref,
    table,
    text,
    whole,
)

_SCALAR = {"type": ["string", "number", "boolean"]}
_OUTPUT = or_expression(
    choice(
        "What the call gives: `content` (the body, parsed if it is JSON), `raw` (the body in base64) or `response` "
        "(status, headers and body).",
        ["raw", "content", "response"],
        default="content",
    )
)
_REDIRECT = or_expression(flag("Whether a status of 300 to 399 counts as success.", default=False))
_PROTOCOLS = (
    "amqp amqp1 anypointmq googlepubsub http ibmmq jms kafka mercure mqtt mqtt5 nats pulsar redis "
    "sns solace sqs stomp ws"
).split()
_MCP_METHODS = (
    "tools/list tools/call prompts/list prompts/get resources/list resources/read resources/templates/list"
).split()
_A2A_METHODS = (
    "message/send message/stream tasks/get tasks/list tasks/cancel tasks/resubscribe tasks/pushNotificationConfig/set "
    "tasks/pushNotificationConfig/get tasks/pushNotificationConfig/list tasks/pushNotificationConfig/delete "
    "agent/getAuthenticatedExtendedCard"
).split()


def _pairs(description: str, values: Schema) -> Schema:
    return either(description, {"$ref": EXPRESSION}, {"type": "object", "additionalProperties": values})


_AUTHENTICATION = ref("authentication", "How to log in.")
_PARAMETERS = _pairs("The parameters, by name.", {})

_RETRY = record(
    "AgentOS: how to try again within the task, for errors that soon pass. What is to be seen and to last, `try` does.",
    {
        "statuses": listing("Only errors of these statuses.", whole("A status.", 100, maximum=599)),
        "delay": ref("duration", "How long to wait before the first retry."),
        "backoff": ref("backoff", "How the wait grows; exponential when left out."),
        "limit": record(
            "When it is enough.",
            {"attempt": record("How often.", {"count": whole("How many retries at most.", 1, maximum=20)})},
        ),
    },
)

_HTTP = record(
    "The request to send.",
    {
        "method": text("The HTTP method, such as get or post.", minLength=1),
        "endpoint": ref("endpoint", "Where to send the request."),
        "headers": _pairs("The request's headers, by name.", _SCALAR),
        "body": anything("The request's body."),
        "query": _pairs("The query parameters, by name.", {}),
        "output": _OUTPUT,
        "redirect": _REDIRECT,
        "retry": _RETRY,
    },
    required=["method", "endpoint"],
)

_OPENAPI = record(
    "The operation to call.",
    {
        "document": ref("externalResource", "The OpenAPI document."),
        "operationId": text("The operation's id in the document.", minLength=1),
        "parameters": _PARAMETERS,
        "authentication": _AUTHENTICATION,
        "output": _OUTPUT,
        "redirect": _REDIRECT,
    },
    required=["document", "operationId"],
)

_GRPC = record(
    "The method to call.",
    {
        "proto": ref("externalResource", "The proto file that describes the service."),
        "service": record(
            "The service to call.",
            {
                "name": text("The service's name in the proto file.", minLength=1),
                "host": text("The host it runs on.", minLength=1),
                "port": or_expression(whole("The port it listens on.", 0, maximum=65535)),
                "authentication": _AUTHENTICATION,
            },
            required=["name", "host"],
        ),
        "method": text("The method's name.", minLength=1),
        "arguments": _pairs("The method's arguments, by name.", {}),
    },
    required=["proto", "service", "method"],
)

_CONSUME = record(
    "How long to go on taking messages.",
    {
        "for": ref("duration", "For how long at most."),
        "amount": or_expression(whole("How many messages to take.", 1)),
        "while": program("Goes on while this expression is true after a message."),
        "until": program("Stops when this expression is true before a message."),
    },
    oneOf=exactly_one(["amount"], ["while"], ["until"]),
)

_ASYNCAPI = record(
    "The operation to perform: `message` publishes, `subscription` takes messages.",
    {
        "document": ref("externalResource", "The AsyncAPI document."),
        "channel": text("The channel, for documents of AsyncAPI 2.6."),
        "operation": text("The operation, for documents of AsyncAPI 3."),
        "server": record(
            "The server of the document to use.",
            {
                "name": text("The server's name in the document."),
                "variables": _pairs("Values for the variables in the server's address.", {}),
            },
            required=["name"],
        ),
        "protocol": or_expression(choice("The protocol to pick a server by.", _PROTOCOLS)),
        "message": record(
            "The message to publish.",
            {"payload": anything("The message's payload."), "headers": _pairs("The message's headers, by name.", {})},
        ),
        "subscription": record(
            "Which messages to take.",
            {
                "filter": program("Takes a message only if this expression is true."),
                "consume": _CONSUME,
                "foreach": ref("foreach", "What to do with each message."),
            },
            required=["consume"],
        ),
        "authentication": _AUTHENTICATION,
    },
    required=["document"],
    allOf=[
        {"oneOf": exactly_one(["operation"], ["channel"])},
        {"oneOf": exactly_one(["message"], ["subscription"])},
    ],
)

_TRANSPORT = record(
    "How to reach the MCP server: by `http` or as a process by `stdio`.",
    {
        "http": record(
            "A server reached over HTTP.",
            {
                "endpoint": ref("endpoint", "Where the server is."),
                "headers": _pairs("Headers to send with each request.", _SCALAR),
            },
            required=["endpoint"],
        ),
        "stdio": record(
            "A server that is started as a process.",
            {
                "command": text("The command that starts it.", minLength=1),
                "arguments": listing("The command's arguments.", text("An argument.")),
                "environment": _pairs("Environment variables for the process.", _SCALAR),
            },
            required=["command"],
        ),
        "options": table("Options of the transport, by name.", _SCALAR),
    },
    oneOf=exactly_one(["http"], ["stdio"]),
)

_MCP = record(
    "The request to an MCP server.",
    {
        "protocolVersion": text("The version of the MCP protocol.", default="2025-06-18"),
        "method": or_expression(choice("The method to call.", _MCP_METHODS)),
        "parameters": _PARAMETERS,
        "timeout": ref("duration", "How long the call may take."),
        "transport": _TRANSPORT,
        "client": record(
            "What to tell the server about the caller.",
            {
                "name": text("The client's name."),
                "version": text("The client's version."),
                "description": text("What the client is."),
            },
            required=["name", "version"],
        ),
    },
    required=["method", "transport"],
)

_A2A = record(
    "The request to an A2A agent.",
    {
        "agentCard": ref("externalResource", "The card that describes the agent."),
        "server": ref("endpoint", "Where the agent is, if there is no card."),
        "method": or_expression(choice("The method to call.", _A2A_METHODS)),
        "parameters": _PARAMETERS,
    },
    required=["method"],
    anyOf=exactly_one(["agentCard"], ["server"]),
)

#: The standard's functions, with the schema of their `with`.
ARGUMENTS: dict[str, Schema] = {
    "http": _HTTP,
    "openapi": _OPENAPI,
    "asyncapi": _ASYNCAPI,
    "grpc": _GRPC,
    "mcp": _MCP,
    "a2a": _A2A,
}
