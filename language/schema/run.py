"""The processes that `run` starts: workflows, containers, scripts, shell commands."""

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
    record,
    ref,
    text,
)

_SCALAR = {"type": ["string", "number", "boolean"]}
_ENVIRONMENT = either(
    "The process's environment variables, by name.",
    {"$ref": EXPRESSION},
    {"type": "object", "additionalProperties": _SCALAR},
)
_ARGUMENTS = listing("The process's arguments.", text("An argument."))
_STDIN = text("What the process reads from its standard input.")

_CONTAINER = record(
    "The container to run.",
    {
        "image": text("The container's image.", minLength=1),
        "name": text("A name for the container."),
        "command": text("The command to run in it."),
        "ports": {"type": "object", "description": "Ports of the container, and the host's ports they are bound to."},
        "volumes": {"type": "object", "description": "Volumes of the container, and what is mounted there."},
        "environment": _ENVIRONMENT,
        "stdin": _STDIN,
        "arguments": _ARGUMENTS,
        "lifetime": record(
            "When the container is deleted.",
            {
                "cleanup": choice(
                    "`always`: at once; `eventually`: some time after; `never`: not by us.",
                    ["always", "never", "eventually"],
                    default="never",
                ),
                "after": ref("duration", "How long after its end, with `cleanup: eventually`."),
            },
            required=["cleanup"],
            **{
                "if": {"properties": {"cleanup": {"const": "eventually"}}, "required": ["cleanup"]},
                "then": {"required": ["after"]},
                "else": {"properties": {"after": False}},
            },
        ),
        "pullPolicy": choice("When the image is fetched.", ["ifNotPresent", "always", "never"], default="ifNotPresent"),
    },
    required=["image"],
)

_SCRIPT = record(
    "The script to run.",
    {
        "language": choice("The script's language.", ["js", "javascript", "python"]),
        "code": text("The script, written here.", **{"x-expression": "none"}),
        "source": ref("externalResource", "Where the script is kept."),
        "stdin": _STDIN,
        "arguments": _ARGUMENTS,
        "environment": _ENVIRONMENT,
    },
    required=["language"],
    oneOf=exactly_one(["code"], ["source"]),
)

_SHELL = record(
    "The shell command to run.",
    {
        "command": text("The command.", minLength=1),
        "stdin": _STDIN,
        "arguments": _ARGUMENTS,
        "environment": _ENVIRONMENT,
    },
    required=["command"],
)

_WORKFLOW = record(
    "The workflow to run as a child.",
    {
        "namespace": text("The workflow's namespace.", minLength=1),
        "name": text("The workflow's name.", minLength=1),
        "version": text("The workflow's version.", default="latest", minLength=1),
        "input": anything("The child's input."),
    },
    required=["namespace", "name"],
)

RUN: Schema = record(
    "The process to run: exactly one of container, script, shell and workflow.",
    {
        "container": _CONTAINER,
        "script": _SCRIPT,
        "shell": _SHELL,
        "workflow": _WORKFLOW,
        "await": flag("Whether to wait for its end. If not, the task gives its own input.", default=True),
        "return": choice(
            "What the task gives: one of the process's outputs, its exit code, all of them, or nothing.",
            ["stdout", "stderr", "code", "all", "none"],
            default="stdout",
        ),
    },
    oneOf=exactly_one(["container"], ["script"], ["shell"], ["workflow"]),
)
