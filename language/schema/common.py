"""Definitions used all over the language: names, durations, endpoints, resources, data flow."""

from __future__ import annotations

from language.schema.build import (
    EXPRESSION_PATTERN,
    Schema,
    either,
    exactly_one,
    fixed_text,
    named,
    or_expression,
    program,
    prose,
    record,
    ref,
    text,
    transformation,
    whole,
)

LABEL = r"^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"

NAMES: dict[str, Schema] = {
    "label": fixed_text(
        "A name of 1 to 63 letters, digits and hyphens that starts and ends with a letter or digit.",
        title="label",
        format="label",
        pattern=LABEL,
    ),
    "semver": fixed_text(
        "A semantic version: three numbers with dots, and an optional pre-release and build part.",
        title="semantic version",
        format="semver",
        examples=["1.0.0"],
    ),
    "expression": {
        "type": "string",
        "title": "expression",
        "description": "An expression, written as ${ ... } from the first to the last character of the text.",
        "pattern": EXPRESSION_PATTERN,
        "examples": ["${ .order.id }"],
    },
    "flowDirective": fixed_text(
        "Where to go on: `continue` (the next task), `exit` (leave this list of tasks), `end` (end the workflow), "
        "or the name of a task in the same list.",
        title="flow directive",
        minLength=1,
        examples=["continue", "exit", "end"],
    ),
    "template": record(
        "Builds a mapping: each `${ }` in it is replaced by its value.", {}, title="template", additionalProperties={}
    ),
}

_UNITS = ("days", "hours", "minutes", "seconds", "milliseconds")

DURATIONS: dict[str, Schema] = {
    "duration": either(
        "A length of time: a mapping of units, an ISO 8601 duration such as PT1M30S, or an expression that gives one.",
        ref("expression"),
        {"type": "string", "format": "duration", "title": "ISO 8601 duration", "examples": ["PT30S", "P1DT12H"]},
        record(
            "A length of time by its units, which add up.",
            {unit: whole(f"How many {unit}.", 0) for unit in _UNITS},
            minProperties=1,
            title="mapping of units",
        ),
        title="duration",
    ),
    "timeout": record(
        "A time limit. When it has passed, the work is stopped with a timeout error.",
        {"after": ref("duration", "How long the work may take.")},
        required=["after"],
        title="timeout",
    ),
    "timeoutOrName": either(
        "A time limit, or the name of one in `use.timeouts`.",
        named("The name of a timeout in `use.timeouts`.", "timeouts", "timeout's name"),
        ref("timeout"),
        title="timeout",
    ),
}

ENDPOINTS: dict[str, Schema] = {
    "uriTemplate": text(
        "An absolute URI. `{name}` in it is replaced by the value of that key of the task's input.",
        title="URI",
        format="uri-template",
        examples=["https://example.com/orders/{orderId}"],
    ),
    "uriReference": text("A URI, absolute or relative.", title="URI", format="uri-reference"),
    "endpoint": either(
        "Where a service is: a URI, an expression that gives one, or a mapping with the URI and how to log in.",
        ref("expression"),
        ref("uriTemplate"),
        record(
            "A URI and how to log in there.",
            {
                "uri": either("The URI of the service.", ref("expression"), ref("uriTemplate")),
                "authentication": ref("authentication", "How to log in at the service."),
            },
            required=["uri"],
            title="mapping with a uri",
        ),
        title="endpoint",
    ),
    "externalResource": record(
        "A file that lies outside of this document.",
        {
            "name": fixed_text("A name for the resource."),
            "endpoint": ref("endpoint", "Where the resource can be fetched."),
        },
        required=["endpoint"],
        title="external resource",
    ),
    "catalog": record(
        "A place that offers functions for `call: NAME:VERSION@CATALOG`.",
        {"endpoint": ref("endpoint", "The root URI of the catalog.")},
        required=["endpoint"],
        title="catalog",
    ),
}


def _transformation(description: str) -> Schema:
    return either(description, transformation("An expression."), ref("template"))


def _flow(title: str, description: str, key: str, transformation: str) -> Schema:
    return record(
        description,
        {
            "schema": ref(
                "schema", "The JSON Schema that the data must satisfy; else the run gets a validation error."
            ),
            key: _transformation(transformation),
        },
        title=title,
    )


DATA_FLOW: dict[str, Schema] = {
    "schema": record(
        "A schema for data, written here or kept elsewhere.",
        {
            "format": fixed_text(
                "The kind of schema. JSON Schema is the one supported kind.", pattern="^json(:.+)?$", default="json"
            ),
            "document": {
                "type": ["object", "boolean"],
                "description": "A JSON Schema (draft 2020-12), written here.",
                "x-expression": "none",
                "format": "json-schema",
            },
            "resource": ref("externalResource", "Where the JSON Schema is kept."),
        },
        oneOf=exactly_one(["document"], ["resource"]),
        title="schema",
    ),
    "input": _flow(
        "input",
        "What goes in: checked by `schema` first, then changed by `from`.",
        "from",
        "An expression or a template that gives the input to work on.",
    ),
    "output": _flow(
        "output",
        "What comes out: changed by `as` first, then checked by `schema`.",
        "as",
        "An expression or a template that gives the output.",
    ),
    "export": _flow(
        "export",
        "What the run's context ($context) becomes after this task.",
        "as",
        "An expression or a template, evaluated on the task's output, that gives the new context.",
    ),
}

ERRORS: dict[str, Schema] = {
    "error": record(
        "An error, as RFC 7807 describes problems.",
        {
            "type": either("A URI that says which kind of error it is.", ref("expression"), ref("uriReference")),
            "status": or_expression(whole("A status code, as HTTP uses them.")),
            "instance": either(
                "Which part of the workflow the error comes from, as a JSON Pointer. Set by the runtime when left out.",
                ref("expression"),
                {"type": "string", "format": "json-pointer", "title": "JSON Pointer"},
            ),
            "title": text("A short summary for people, or an expression that gives it."),
            "detail": text("What happened this time, or an expression that gives it."),
        },
        required=["type", "status"],
        title="error",
    ),
    "errorFilter": record(
        "Errors are caught when they have all of these values.",
        {
            "type": text("The type the error must have."),
            "status": or_expression(whole("The status the error must have.")),
            "instance": text("The JSON Pointer of the part of the workflow the error must come from."),
            "title": text("The title the error must have."),
            "detail": text("The detail the error must have."),
            "details": text("The detail the error must have. `details` is the standard schema's spelling of `detail`."),
        },
        minProperties=1,
        title="error filter",
    ),
    "retryPolicy": record(
        "Whether, when and how often to try again after an error.",
        {
            "when": program("Try again only if this expression is true."),
            "exceptWhen": program("Do not try again if this expression is true."),
            "delay": ref("duration", "How long to wait before the next attempt."),
            "backoff": ref("backoff", "How the delay grows from attempt to attempt."),
            "limit": ref("retryLimit", "When to stop trying."),
            "jitter": record(
                "A span of time from which an extra delay is taken for each attempt.",
                {
                    "from": ref("duration", "The shortest extra delay."),
                    "to": ref("duration", "The longest extra delay."),
                },
                required=["from", "to"],
            ),
        },
        title="retry policy",
    ),
    "backoff": record(
        "How the delay grows: exactly one of constant, linear and exponential.",
        {
            "constant": prose("Every delay is as long as `delay`."),
            "linear": prose("Each delay is longer than the one before by `delay`."),
            "exponential": prose("Each delay is twice as long as the one before."),
        },
        oneOf=exactly_one(["constant"], ["linear"], ["exponential"]),
        title="backoff",
    ),
    "retryLimit": record(
        "When to stop trying.",
        {
            "attempt": record(
                "Limits for single attempts.",
                {
                    "count": whole("How many attempts are made at most.", 0),
                    "duration": ref("duration", "How long one attempt may take."),
                },
            ),
            "duration": ref("duration", "How long all attempts and delays together may take."),
        },
        title="retry limit",
    ),
}

DEFINITIONS = {**NAMES, **DURATIONS, **ENDPOINTS, **DATA_FLOW, **ERRORS}
