"""`listen`: which CloudEvents a task waits for."""

from __future__ import annotations

from typing import Any

from engine.definition import model as m
from engine.definition.values import program_of, text_of, transformation_of, value_of
from engine.templates import is_expression


def listen_body(task: dict[str, Any]) -> m.ListenBody:
    """Give the body of a `listen`."""
    to = task["listen"]["to"]
    strategy, filters = strategy_of(to)
    until = to.get("until")
    until_strategy, until_filters = strategy_of(until) if isinstance(until, dict) else ("one", ())
    foreach = task.get("foreach") or {}
    return m.ListenBody(
        strategy=strategy,
        filters=filters,
        until=program_of(until) if isinstance(until, str) else None,
        until_filters=until_filters,
        until_strategy=until_strategy,
        forever=until is False,
        read=task["listen"].get("read", "data"),
        iterates=bool(foreach.get("do")),
        item=foreach.get("item", "item"),
        at=foreach.get("at", "index"),
        each_output=_as(foreach.get("output")),
        each_export=_as(foreach.get("export")),
    )


def _as(part: Any) -> m.Value | None:
    return transformation_of(part["as"]) if part and "as" in part else None


def strategy_of(to: dict[str, Any]) -> tuple[str, tuple[m.EventFilter, ...]]:
    """Give the strategy (`one`, `any`, `all`) and its filters. An empty `any` has one, which takes everything."""
    if "one" in to:
        return "one", (_filter(to["one"]),)
    if "all" in to:
        return "all", tuple(_filter(part) for part in to["all"])
    anything: list[dict[str, Any]] = [{}]
    return "any", tuple(_filter(part) for part in to.get("any") or anything)


def _filter(part: dict[str, Any]) -> m.EventFilter:
    matches, conditions = [], []
    for attribute, wanted in (part.get("with") or {}).items():
        if isinstance(wanted, str) and is_expression(wanted):
            conditions.append((attribute, program_of(wanted)))
        else:
            matches.append((attribute, m.Value(constant=text_of(wanted))))
    correlate = []
    for key, rule in (part.get("correlate") or {}).items():
        expect = value_of(rule["expect"]) if "expect" in rule else None
        correlate.append((key, program_of(rule["from"]), expect))
    return m.EventFilter(matches=tuple(matches), conditions=tuple(conditions), correlate=tuple(correlate))
