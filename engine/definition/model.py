"""A workflow definition as the rules use it: every reference resolved, every expression turned into a program.

Made once per definition by `compile_definition`. A `Value` is a constant or a jq program; durations are `Value`s that
give milliseconds or an ISO 8601 text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definition.agent_model import AgentBody, ModelBody


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """JSON text known beforehand (`constant`), or a jq program that gives it (`source`).

    In loose mode it may be JSON text whose texts are expressions if they can be evaluated as such (`loose`).
    """

    constant: str | None = None
    source: str | None = None
    loose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One task of a list: what all kinds of tasks have in common, and the body of its kind."""

    name: str
    #: JSON Pointer of the task in the document.
    pointer: str
    #: Segments below its list: `3/name`, or `name` alone for a branch.
    segment: str
    kind: str
    body: Body
    #: JSON text of the task as written, for `$task.definition`.
    definition: str
    condition: str | None = None
    input_schema: str | None = None
    input_from: Value | None = None
    output_schema: str | None = None
    output_as: Value | None = None
    export_schema: str | None = None
    export_as: Value | None = None
    timeout: Value | None = None
    then: str = "continue"
    #: Lists of the extensions that run around it: (`when` program, pointer of the list).
    before: tuple[tuple[str | None, str], ...] = ()
    after: tuple[tuple[str | None, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskList:
    """Tasks in declared order, found by name or by segment."""

    pointer: str
    steps: tuple[Step, ...]
    index_by_name: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoBody:
    """`do`: a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBody:
    """`set`: the data that replaces what flowed in."""

    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchBody:
    """`switch`: cases in order, each a program (none for the default) and a flow directive."""

    cases: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForBody:
    """`for`: a collection, the names of item and index, and what bounds it."""

    items: Value
    each: str
    at: str
    condition: str | None = None
    concurrency: int = 1
    iterations_max: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkBody:
    """`fork`: how many branches there are and whether they compete."""

    branch_count: int
    compete: bool = False
    limit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When and how often a `try` runs its body again. Zero means no limit."""

    when: str | None = None
    except_when: str | None = None
    delay: Value | None = None
    #: `constant`, `linear` or `exponential`.
    backoff: str = "constant"
    #: Linear increment, where given.
    increment: Value | None = None
    factor: float = 2.0
    delay_max: Value | None = None
    jitter_from: Value | None = None
    jitter_to: Value | None = None
    attempts_max: int = 0
    attempt_duration: Value | None = None
    duration: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TryBody:
    """`try`: what is caught, and what follows."""

    catches: bool = True
    #: Property and JSON value each caught error must have.
    filters: tuple[tuple[str, Any], ...] = ()
    name: str = "error"
    when: str | None = None
    except_when: str | None = None
    retry: RetryPolicy | None = None
    handles: bool = False
    finalises: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseBody:
    """`raise`: the error."""

    error: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitBody:
    """`wait`: how long."""

    duration: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """One filter of a `listen`: attributes to match (constants or programs) and keys to correlate.

    `matches` are (attribute, wanted value); `patterns` (attribute, text that is the value or matches all of it as a
    regular expression); `conditions` (attribute, program on that attribute's value); `correlate` is
    (key, program on the event, expected value if given).
    """

    matches: tuple[tuple[str, Value], ...] = ()
    patterns: tuple[tuple[str, str], ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()
    correlate: tuple[tuple[str, str, Value | None], ...] = ()
    #: In loose mode: attributes with a text that is a condition if it can be evaluated.
    loose: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenBody:
    """`listen`: a strategy (`one`, `any`, `all`) over filters, until a condition or another event."""

    strategy: str
    filters: tuple[EventFilter, ...]
    until: str | None = None
    #: Filters of `until` that are events; they come after `filters` in the numbering.
    until_filters: tuple[EventFilter, ...] = ()
    until_strategy: str = "one"
    forever: bool = False
    read: str = "data"
    #: `foreach`: the names of item and index, and its own output and export.
    iterates: bool = False
    item: str = "item"
    at: str = "index"
    each_output: Value | None = None
    each_export: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitBody:
    """`emit`: the CloudEvent's attributes and data."""

    event: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBody:
    """`call` of a node type, and `run` of a script, shell command or container: work for a node worker.

    `secret_parts` are (JSON Pointer into the arguments, program): evaluated in the worker.
    """

    node_type: str
    arguments: Value
    secret_parts: tuple[tuple[str, str], ...] = ()
    awaited: bool = True
    #: Scheme of its authorization, if it has one.
    scheme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalBody:
    """`call: human_approval`: what people are asked."""

    arguments: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionBody:
    """`call` of a function in `use.functions`: a list of that one task, with `arguments` as its input if given."""

    arguments: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildBody:
    """`run: workflow`: which, with what input."""

    namespace: Value
    name: Value
    version: Value
    input: Value | None = None
    awaited: bool = True


Body = (
    DoBody
    | SetBody
    | SwitchBody
    | ForBody
    | ForkBody
    | TryBody
    | RaiseBody
    | WaitBody
    | ListenBody
    | EmitBody
    | CallBody
    | ApprovalBody
    | FunctionBody
    | ChildBody
    | AgentBody
    | ModelBody
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A limit of runs at once: per workflow, or per value of `key`."""

    limit: int
    key: Value | None = None
    policy: str = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A compiled definition. `lists` holds every list of tasks by its pointer (branches and functions included)."""

    namespace: str
    name: str
    version: str
    #: The document as JSON text, for `$workflow.definition`.
    document: str
    root: Step
    lists: Mapping[str, TaskList] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)
    schedule: str | None = None
    gate: Gate | None = None
    #: Whether `evaluate.mode` is `loose`.
    loose: bool = False
