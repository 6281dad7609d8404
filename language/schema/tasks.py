"""The kinds of tasks. Every kind allows the common keys, and no key that is not listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from language.schema.build import (
    Schema,
    choice,
    either,
    flag,
    listing,
    named,
    program,
    prose,
    record,
    ref,
    table,
    variable,
    whole,
)
from language.schema.calls import ARGUMENTS
from language.schema.run import RUN

COMMON: dict[str, Schema] = {
    "if": program("Runs the task only if this expression, evaluated on its raw input, is true."),
    "input": ref("input", "What goes into the task."),
    "output": ref("output", "What comes out of the task."),
    "export": ref("export", "What the run's context becomes after the task."),
    "timeout": ref("timeoutOrName", "How long the task may take."),
    "then": ref("flowDirective", "Where to go on after the task."),
    "metadata": prose("Anything else to say about the task. The runtime does not read it."),
}


def task(description: str, keys: Mapping[str, Schema], required: Sequence[str], **more: Any) -> Schema:
    """Give the schema of one kind of task. The first required key is the one that tells the kind."""
    return record(description, {**keys, **COMMON}, required=required, **more)


def call(name: str, description: str, arguments: Schema, required: Sequence[str] = ("call", "with")) -> Schema:
    """Give the schema of a call of one certain function."""
    function = {"const": name, "description": description}
    return task(description, {"call": function, "with": arguments}, required, title=f"call: {name}")


def single(items: Schema, noun: str) -> Schema:
    """Give the schema of a mapping with one key, the name, which is how lists of named things are written."""
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": items,
        "propertyNames": {"minLength": 1, "maxLength": 255},
        "title": noun,
    }


_LISTS: dict[str, Schema] = {
    "taskList": listing("Tasks, each with its name.", single(ref("task"), "named task"), title="list of tasks"),
}

_FLOW: dict[str, Schema] = {
    "doTask": task("Performs tasks one after the other.", {"do": ref("taskList", "The tasks.")}, ["do"]),
    "forTask": task(
        "Performs tasks for each item of a list.",
        {
            "for": record(
                "What to go through.",
                {
                    "each": variable("The variable that holds the item.", "item"),
                    "in": program("An expression that gives the list."),
                    "at": variable("The variable that holds the item's index, from 0.", "index"),
                    "concurrency": whole(
                        "AgentOS: how many items are worked on at once. The results keep the order of the items.",
                        1,
                        default=1,
                    ),
                    "maxIterations": whole("AgentOS: the loop faults when the list has more items than this.", 1),
                },
                required=["in"],
            ),
            "while": program("Goes on only while this expression is true."),
            "do": ref("taskList", "The tasks to perform for each item."),
        },
        ["for", "do"],
    ),
    "forkTask": task(
        "Performs tasks side by side.",
        {
            "fork": record(
                "The branches.",
                {
                    "branches": ref("taskList", "The tasks to perform side by side."),
                    "compete": flag(
                        "Whether the first branch to end wins and the others are cancelled.", default=False
                    ),
                    "limit": whole("AgentOS: how many branches run at once. All of them when left out.", 1),
                },
                required=["branches"],
            )
        },
        ["fork"],
    ),
    "switchTask": task(
        "Goes on at the first case that matches.",
        {
            "switch": listing(
                "The cases, each with its name.",
                single(
                    record(
                        "A condition, and where to go on if it is true.",
                        {
                            "when": program("Matches if this expression is true. Without it this is the default case."),
                            "then": ref("flowDirective", "Where to go on."),
                        },
                        required=["then"],
                    ),
                    "named case",
                ),
                minItems=1,
            )
        },
        ["switch"],
    ),
    "tryTask": task(
        "Performs tasks and handles their errors.",
        {
            "try": ref("taskList", "The tasks that may fail."),
            "catch": record(
                "Which errors to handle, and how.",
                {
                    "errors": record(
                        "Which errors are caught. All of them when left out.",
                        {"with": ref("errorFilter", "What the errors must look like.")},
                    ),
                    "as": variable("The variable that holds the error.", "error"),
                    "when": program("Catches the error only if this expression is true."),
                    "exceptWhen": program("Does not catch the error if this expression is true."),
                    "retry": either(
                        "Whether and how to try again.",
                        named("The name of a policy in `use.retries`.", "retries", "retry policy's name"),
                        ref("retryPolicy"),
                    ),
                    "do": ref("taskList", "The tasks to perform when an error was caught."),
                },
            ),
            "finally": ref(
                "taskList",
                "AgentOS: tasks to perform at the end in any case: after success, a caught or an uncaught error.",
            ),
        },
        ["try"],
        anyOf=[{"required": ["catch"]}, {"required": ["finally"]}],
    ),
}

_DATA: Schema = {"type": "object", "description": "The data; each `${ }` in it is evaluated.", "minProperties": 1}

_WORK: dict[str, Schema] = {
    "setTask": task(
        "Sets data.",
        {"set": either("The data, or an expression that gives it.", ref("expression"), _DATA)},
        ["set"],
    ),
    "raiseTask": task(
        "Raises an error.",
        {
            "raise": record(
                "What to raise.",
                {
                    "error": either(
                        "The error.",
                        named("The name of an error in `use.errors`.", "errors", "error's name"),
                        ref("error"),
                    )
                },
                required=["error"],
            )
        },
        ["raise"],
    ),
    "waitTask": task("Waits.", {"wait": ref("duration", "How long to wait.")}, ["wait"]),
    "emitTask": task(
        "Emits an event.",
        {
            "emit": record(
                "What to emit.",
                {"event": record("The event.", {"with": ref("emittedEvent", "The event's attributes.")}, ["with"])},
                required=["event"],
            )
        },
        ["emit"],
    ),
    "listenTask": task(
        "Waits for events.",
        {
            "listen": record(
                "What to listen to.",
                {
                    "to": ref("consumption", "The events to wait for."),
                    "read": choice(
                        "What to take of each event: its payload, the whole event, or the payload as it came.",
                        ["data", "envelope", "raw"],
                        default="data",
                    ),
                },
                required=["to"],
            ),
            "foreach": ref("foreach", "What to do with each event."),
        },
        ["listen"],
    ),
    "runTask": task("Runs a process or a workflow.", {"run": RUN}, ["run"]),
}

_CALLS: dict[str, Schema] = {
    f"{name}Call": call(name, f"Calls the standard's function {name}.", arguments)
    for name, arguments in ARGUMENTS.items()
}

FUNCTION_CALL = task(
    "Calls a function of `use.functions`, of a catalog, or a node type.",
    {
        "call": {
            "type": "string",
            "not": {"enum": list(ARGUMENTS)},
            "minLength": 1,
            "x-expression": "none",
            "description": "The function's name: of `use.functions`, NAME:VERSION@CATALOG, a URI, or a node type.",
        },
        "with": table("The function's arguments, by name.", {}),
    },
    ["call"],
)

TASKS: dict[str, Schema] = {**_CALLS, "functionCall": FUNCTION_CALL, **_FLOW, **_WORK}

DEFINITIONS: dict[str, Schema] = {
    "task": {"oneOf": [ref(name) for name in TASKS], "title": "task", "description": "One step of a workflow."},
    **_LISTS,
    **TASKS,
}
