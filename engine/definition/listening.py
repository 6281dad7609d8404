"""`listen`: which CloudEvents a task waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.definition import model as m
from engine.definition.loose import LooseText, Read, as_written
from engine.definition.values import program_of, text_of, transformation_of, value_of
from engine.templates import is_expression

if TYPE_CHECKING:
    from engine.definition.compile import Compiler

#: Characters that make a text a regular expression.
_SIGNS = frozenset("\\^$*+?()[]{}|")


def listen_body(compiler: Compiler, task: dict[str, Any]) -> m.ListenBody:
    """Give the body of a `listen`."""
    to = task["listen"]["to"]
    strategy, filters = strategy_of(to, compiler.read)
    until = to.get("until")
    until_strategy, until_filters = strategy_of(until, compiler.read) if isinstance(until, dict) else ("one", ())
    foreach = task.get("foreach") or {}
    return m.ListenBody(
        strategy=strategy,
        filters=filters,
        until=None if is_never(until) or not isinstance(until, str) else program_of(until),
        until_filters=until_filters,
        until_strategy=until_strategy,
        forever=is_never(until),
        read=task["listen"].get("read", "data"),
        iterates=bool(foreach.get("do")),
        item=foreach.get("item", "item"),
        at=foreach.get("at", "index"),
        each_output=_as(compiler.read(foreach.get("output"))),
        each_export=_as(compiler.read(foreach.get("export"))),
    )


def is_never(until: Any) -> bool:
    """Tell whether an `until` can never hold."""
    return until is False or (isinstance(until, str) and program_of(until) == "false")


def _as(part: Any) -> m.Value | None:
    return transformation_of(part["as"]) if part and "as" in part else None


def strategy_of(to: dict[str, Any], read: Read = as_written) -> tuple[str, tuple[m.EventFilter, ...]]:
    """Give the strategy (`one`, `any`, `all`) and its filters. An empty `any` has one, which takes everything."""
    if "one" in to:
        return "one", (_filter(to["one"], read),)
    if "all" in to:
        return "all", tuple(_filter(part, read) for part in to["all"])
    anything: list[dict[str, Any]] = [{}]
    return "any", tuple(_filter(part, read) for part in to.get("any") or anything)


def _filter(part: dict[str, Any], read: Read) -> m.EventFilter:
    matches, patterns, conditions, loose = [], [], [], []
    for attribute, wanted in read(part.get("with") or {}).items():
        if isinstance(wanted, LooseText):
            loose.append((attribute, str(wanted)))
        elif isinstance(wanted, str) and is_expression(wanted):
            conditions.append((attribute, program_of(wanted)))
        elif is_pattern(attribute, wanted):
            patterns.append((attribute, wanted))
        else:
            matches.append((attribute, m.Value(constant=text_of(wanted))))
    correlate = []
    for key, rule in (part.get("correlate") or {}).items():
        expect = value_of(read(rule["expect"])) if "expect" in rule else None
        correlate.append((key, program_of(rule["from"]), expect))
    return m.EventFilter(
        matches=tuple(matches),
        patterns=tuple(patterns),
        conditions=tuple(conditions),
        correlate=tuple(correlate),
        loose=tuple(loose),
    )


def is_pattern(attribute: str, wanted: object) -> bool:
    """Tell whether the wanted value of an attribute is a regular expression: a text with a character that says so.

    A dot is none of them: names of types and addresses are full of dots that mean themselves.
    """
    return attribute != "data" and isinstance(wanted, str) and not _SIGNS.isdisjoint(wanted)
