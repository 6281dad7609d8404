"""The top of a document: what it is, what it uses, when it starts, what it does."""

from __future__ import annotations

from language.schema.build import (
    Schema,
    choice,
    fixed_text,
    listing,
    program,
    prose,
    record,
    ref,
    table,
    whole,
)
from language.schema.tasks import single

_EXTENDED = "all call composite emit extension for listen raise run set switch try wait".split()

_DOCUMENT = record(
    "What this document is.",
    {
        "dsl": fixed_text("The version of the language, such as 1.0.3.", format="dsl-version", examples=["1.0.3"]),
        "namespace": ref("label", "The namespace that the workflow belongs to."),
        "name": ref("label", "The workflow's name in its namespace."),
        "version": ref("semver", "The workflow's version. What is published under a version never changes."),
        "title": fixed_text("A title for people."),
        "summary": fixed_text("What the workflow is for, in Markdown."),
        "tags": prose("Words to find the workflow by, as keys and values."),
        "metadata": record(
            "Anything else to say about the workflow. The runtime reads `concurrency` alone.",
            {"concurrency": ref("concurrency", "How many runs there may be at once. An extension of AgentOS.")},
            additionalProperties=True,
        ),
    },
    required=["dsl", "namespace", "name", "version"],
)

_USE = record(
    "Parts that the workflow refers to by name.",
    {
        "authentications": table("Ways to log in, by name.", ref("authenticationPolicy")),
        "catalogs": table("Catalogs of functions, by name.", ref("catalog")),
        "errors": table("Errors for `raise`, by name.", ref("error")),
        "extensions": listing(
            "Tasks to run before and after other tasks, in this order.", single(ref("extension"), "named extension")
        ),
        "functions": table("Tasks for `call`, by name.", ref("task")),
        "retries": table("Retry policies for `catch`, by name.", ref("retryPolicy")),
        "secrets": listing(
            "The names of the secrets that the workflow may read.", fixed_text("A secret's name.", minLength=1)
        ),
        "timeouts": table("Time limits, by name.", ref("timeout")),
    },
)

_SCHEDULE = record(
    "When the workflow starts by itself.",
    {
        "every": ref("duration", "Starts it again and again at this interval, whether or not the last run has ended."),
        "cron": fixed_text(
            "Starts it at these times: minute, hour, day, month, weekday.", format="cron", examples=["0 0 * * *"]
        ),
        "after": ref("duration", "Starts it again this long after its last run has ended."),
        "on": ref("consumption", "Starts it when these events come; they are its input, as a list."),
    },
    minProperties=1,
)

_EVALUATE = record(
    "How expressions are read.",
    {
        "language": choice("The language of expressions.", ["jq"], default="jq", **{"x-expression": "none"}),
        "mode": choice(
            "`strict`: only ${ } is an expression. `loose`: any text may be one, and stays a text if it is none.",
            ["strict", "loose"],
            default="strict",
            **{"x-expression": "none"},
        ),
    },
)

WORKFLOW: Schema = record(
    "A workflow: tasks, the order in which they run, and how data flows between them.",
    {
        "document": _DOCUMENT,
        "input": ref("input", "What goes into the workflow."),
        "use": _USE,
        "do": ref("taskList", "The tasks of the workflow."),
        "timeout": ref("timeoutOrName", "How long a run may take."),
        "output": ref("output", "What comes out of the workflow."),
        "schedule": _SCHEDULE,
        "evaluate": _EVALUATE,
    },
    required=["document", "do"],
)

DEFINITIONS: dict[str, Schema] = {
    "concurrency": record(
        "How many runs of the workflow, in all its versions, may be under way at once. An extension of AgentOS.",
        {
            "limit": whole("How many runs at once, from 1.", 1),
            "key": program("An expression on the workflow's raw input: the limit is for each of its values."),
            "policy": choice(
                "What becomes of a run above the limit: it waits its turn (`queue`), is refused (`refuse`), or takes "
                "the place of the oldest one (`cancelOldest`).",
                ["queue", "refuse", "cancelOldest"],
                default="queue",
                **{"x-expression": "none"},
            ),
        },
        required=["limit"],
        title="concurrency limit",
    ),
    "extension": record(
        "Tasks to run before and after tasks of some kind.",
        {
            "extend": choice("Which kind of task.", _EXTENDED),
            "when": program("Only if this expression is true."),
            "before": ref("taskList", "The tasks to run before. `then: exit` in them skips the extended task."),
            "after": ref("taskList", "The tasks to run after."),
        },
        required=["extend"],
        title="extension",
    ),
}
