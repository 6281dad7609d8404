"""Events: what to emit, what to listen to, what to do with each one."""

from __future__ import annotations

from collections.abc import Mapping

from language.schema.build import Schema, anything, either, listing, program, record, ref, table, text, variable

#: CloudEvents allow only these characters in the name of an attribute.
_ATTRIBUTE_NAME = {"pattern": "^[a-z0-9]+$", "title": "attribute name of lower-case letters and digits"}
_SCALAR = ["string", "number", "boolean"]


def _event(description: str, attributes: Mapping[str, Schema], extension: Schema, required: list[str]) -> Schema:
    return record(
        description,
        attributes,
        required=required,
        additionalProperties={"type": _SCALAR, **extension},
        propertyNames=_ATTRIBUTE_NAME,
    )


_EMITTED: dict[str, Schema] = {
    "id": text("The event's id. The runtime gives it one when left out."),
    "source": either("A URI that says where the event comes from.", ref("expression"), ref("uriReference")),
    "type": text("What kind of event it is, such as com.example.order.placed.v1.", minLength=1),
    "time": either(
        "When it happened. The time of the task when left out.",
        ref("expression"),
        {"type": "string", "format": "date-time", "title": "instant such as 2026-01-31T09:30:00Z"},
    ),
    "subject": text("What the event is about."),
    "datacontenttype": text("The media type of `data`.", default="application/json"),
    "dataschema": either("A URI of the schema of `data`.", ref("expression"), ref("uriReference")),
    "specversion": text("The version of CloudEvents.", default="1.0"),
    "data": anything("The event's payload."),
}

_FILTERED: dict[str, Schema] = {
    name: anything(
        f"What `{name}` of the event must be: a text, a regular expression that matches all of it, or an expression.",
        type=_SCALAR,
        format="event-attribute",
    )
    for name in _EMITTED
    if name != "data"
} | {"data": anything("What the event's payload must be: values to match, or an expression evaluated on it.")}

_CORRELATION = record(
    "A value that ties events to each other or to the run.",
    {
        "from": program("An expression, evaluated on the event, that gives its value."),
        "expect": {
            "type": _SCALAR,
            "description": "What the value must be: a constant or an expression; the first event's value if left out.",
        },
    },
    required=["from"],
)

_STRATEGIES: dict[str, Schema] = {
    "one": ref("eventFilter", "Waits for one event that passes this filter."),
    "any": listing(
        "Waits for an event that passes one of these filters. With no filter, any event at all will do.",
        ref("eventFilter"),
    ),
    "all": listing("Waits until each of these filters has let an event pass.", ref("eventFilter"), minItems=1),
}
_ONE_STRATEGY = [{"required": [name]} for name in _STRATEGIES]

DEFINITIONS: dict[str, Schema] = {
    "emittedEvent": _event(
        "The attributes of the event to emit, as CloudEvents define them.",
        _EMITTED,
        {"description": "An extension attribute of the event."},
        ["source", "type"],
    ),
    "eventFilter": record(
        "Which events to take.",
        {
            "with": _event(
                "The attributes an event must have.",
                _FILTERED,
                {"description": "What this extension attribute must be.", "format": "event-attribute"},
                [],
            )
            | {"minProperties": 1},
            "correlate": table("Values that tie events together, by a name for each.", _CORRELATION),
        },
        required=["with"],
        title="event filter",
    ),
    "stopStrategy": record(
        "The events that end the listening: exactly one of one, any and all.",
        _STRATEGIES,
        oneOf=_ONE_STRATEGY,
        title="mapping with one, any or all",
    ),
    "consumption": record(
        "Which events to wait for: exactly one of one, any and all.",
        {
            **_STRATEGIES,
            "until": either(
                "With `any`: goes on listening until this expression is true or these events have come.",
                program("An expression."),
                ref("stopStrategy"),
            ),
        },
        oneOf=_ONE_STRATEGY,
        dependentRequired={"until": ["any"]},
        title="event consumption strategy",
    ),
    "foreach": record(
        "What to do with each event or message, one after the other.",
        {
            "item": variable("The variable that holds the event or message.", "item"),
            "at": variable("The variable that holds its index, from 0.", "index"),
            "do": ref("taskList", "The tasks to perform for each one."),
            "output": ref("output", "What each one adds to the list that the task gives."),
            "export": ref("export", "What the context becomes after each one."),
        },
    ),
}
