"""`listen`: waiting for CloudEvents and working through them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from engine import events as e
from engine.decide.faults import Fault, standard_error
from engine.decide.reusing import heard
from engine.decide.settling import settled_filter
from engine.decide.visit import FALSY, KEPT_CHARACTERS, Visit, joined, outer_variables, with_variables
from engine.definition.model import EventFilter, ListenBody, Value
from engine.matching import event_key, has_patterns, same, seen_by
from engine.paths import nth
from engine.state import Task


def proceed_listen(visit: Visit, task: Task, body: ListenBody) -> tuple[str | None, str | None] | None:
    """Open the subscription, hand events to the iterator one after the other, end when the strategy is satisfied."""
    transition = visit.transition
    if task.filters is None:
        transition.emit(e.SubscriptionOpened(path=task.path, filters=filters_of(visit, body)))
        if transition.state.mode == "stub":
            transition.then(task.path)
        return None
    if body.forever:
        _forget(visit, task, body)
    if body.iterates and not _iterate(visit, task, body):
        return None
    if not _satisfied(visit, task, body):
        if transition.state.mode == "stub":
            _hear(visit, task, body)
        return None
    if task.awaiting is not None:
        transition.emit(e.SubscriptionClosed(path=task.path, filters=task.filters))
    return joined(_outputs(visit, task, body)), None


def _hear(visit: Visit, task: Task, body: ListenBody) -> None:
    """Take what was heard once, where nobody listens outside."""
    if (reason := take(visit, task, body, heard(visit, task))) is not None:
        raise Fault(standard_error("runtime", f"mode stub: the recorded event is not taken now: {reason}"))
    visit.transition.then(task.path)


def filters_of(visit: Visit, body: ListenBody) -> str:
    """Give what the correlator needs of the filters, as `engine.matching` reads it."""
    plain = []
    for number, given in enumerate((*body.filters, *body.until_filters)):
        wanted = settled_filter(given, visit.is_evaluable())
        correlate: dict[str, Any] = {}
        for key, source, expect in wanted.correlate:
            rule: dict[str, Any] = {"from": source}
            if expect is not None:
                rule["expect"] = json.loads(visit.evaluate(f"expect.{number}.{key}", expect, visit.input))
            correlate[key] = rule
        attributes = {name: json.loads(value.constant or "null") for name, value in wanted.matches}
        attributes |= _known_attributes(visit, wanted, number)
        found = {"attributes": attributes, "conditions": _checkable(wanted), "correlate": correlate}
        plain.append(found | ({"patterns": dict(wanted.patterns)} if wanted.patterns else {}))
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False)


def _known_attributes(visit: Visit, wanted: EventFilter, number: int) -> dict[str, Any]:
    """Give the attributes whose wanted value is an expression on the task's input, where it gives one."""
    known: dict[str, Any] = {}
    for name, source in wanted.conditions:
        if name != "data":
            value = json.loads(visit.evaluate(f"with.{number}.{name}", Value(source=source), visit.input))
            if value is not None and not isinstance(value, bool):
                known[name] = value
    return known


def _checkable(wanted: EventFilter) -> dict[str, str]:
    """Give the conditions that can be looked at without the run: those on the data that use no variable."""
    return {name: source for name, source in wanted.conditions if name == "data" and "$" not in source}


def _iterate(visit: Visit, task: Task, body: ListenBody) -> bool:
    """Begin the list for the next event; tell whether all events so far are worked through."""
    if task.children:
        return False
    while body.each_export is not None and task.exported < task.forgotten + len(task.results):
        ordinal = task.exported + 1
        context = visit.evaluate(f"foreach.export.{ordinal}", body.each_export, task.results[ordinal])
        visit.transition.emit(e.ItemExported(path=task.path, ordinal=ordinal, context=context))
    index = task.cursor
    if index >= task.forgotten + len(task.inbox):
        return True
    item = read(task.inbox[index - task.forgotten], body.read)
    path = nth(f"{task.path}/foreach/do", index + 1)
    variables = with_variables(outer_variables(visit), {body.item: item, body.at: str(index)})
    visit.transition.emit(e.ScopeStarted(path=path, owner=task.path, data=item, variables=variables))
    visit.transition.then(path)
    return False


def _forget(visit: Visit, task: Task, body: ListenBody) -> None:
    """Let go of what nobody will look at again: a `listen` without end has no output, and must not grow."""
    if task.children:
        return
    done = len(task.inbox)
    if body.iterates:
        done = (task.cursor if body.each_export is None else task.exported) - task.forgotten
    if done > 0:
        keys = [event_key(json.loads(event)) for event in task.inbox[:done]]
        visit.transition.emit(e.ItemsForgotten(path=task.path, keys=json.dumps(keys, separators=(",", ":"))))


def _satisfied(visit: Visit, task: Task, body: ListenBody) -> bool:
    count = len(body.filters)
    if body.strategy == "all":
        return all(task.matched.get(index) for index in range(count))
    if body.forever or (body.until is None and not body.until_filters):
        return bool(task.inbox) and not body.forever
    if body.until is not None:
        if not task.inbox:
            return False
        consumed = joined([read(event, body.read) for event in task.inbox])
        return visit.evaluate(f"until.{len(task.inbox)}", Value(source=body.until), consumed) not in FALSY
    numbers = range(count, count + len(body.until_filters))
    met = [bool(task.matched.get(number)) for number in numbers]
    return all(met) if body.until_strategy == "all" else any(met)


def _outputs(visit: Visit, task: Task, body: ListenBody) -> list[str]:
    if not body.iterates:
        outputs = [read(event, body.read) for event in task.inbox]
    else:
        outputs = [task.results[number] for number in sorted(task.results)]
    if body.each_output is None:
        return outputs
    return [
        visit.evaluate(f"foreach.output.{number}", body.each_output, output) for number, output in enumerate(outputs)
    ]


def read(event: str, how: str) -> str:
    """Give what a `listen` reads of an event: its `data`, its `envelope`, or the `raw` data as it came."""
    if how == "envelope":
        return event
    envelope = json.loads(event)
    data = envelope.get("data")
    if how == "raw" and "data_base64" in envelope:
        data = envelope["data_base64"]
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def take(visit: Visit, task: Task, body: ListenBody, delivered: tuple[int, str]) -> str | None:
    """Take a delivered event: emit `EventReceived`, or give the reason why not."""
    index, text = delivered
    filters = (*body.filters, *body.until_filters)
    event = json.loads(text)
    if not 0 <= index < len(filters):
        return f"there is no filter {index}"
    if _identity(text) in map(_identity, task.inbox) or (task.taken and event_key(event) in task.taken):
        return f"the event {event.get('id')!r} of {event.get('source')!r} was taken before"
    for number in _in_order(task, body, index):
        correlation = json.loads(task.correlation or "{}")
        if _fits(visit, filters[number], event, correlation):
            _receive(visit, task, (number, text), (number < len(body.filters), correlation))
            return None
    return "the event does not fit the filter"


def _in_order(task: Task, body: ListenBody, index: int) -> list[int]:
    """Give the filters to try an event on: it serves one of `until` first, and with `all` one that has none yet."""
    count = len(body.filters)
    until = [number for number in range(count, count + len(body.until_filters)) if number != index]
    if body.strategy != "all":
        return [*until, index]
    others = [number for number in range(count) if number != index and not task.matched.get(number)]
    return [*others, index] if task.matched.get(index) else [index, *others]


def _fits(visit: Visit, wanted: EventFilter, event: dict[str, Any], correlation: dict[str, Any]) -> bool:
    """Tell whether the event fits. A filter that fails on the event does not: whoever sent it must not end the run."""
    try:
        return fits(visit, wanted, event, correlation)
    except Fault:
        return False


def _receive(visit: Visit, task: Task, taken: tuple[int, str], how: tuple[bool, dict[str, Any]]) -> None:
    index, text = taken
    is_kept, correlation = how
    fixed = json.dumps(correlation, separators=(",", ":"), ensure_ascii=False)
    visit.transition.emit(
        e.EventReceived(
            path=task.path,
            filter_index=index,
            event=text,
            correlation=None if fixed in ("{}", task.correlation) else fixed,
            kept=is_kept,
        )
    )


def _identity(event: str) -> tuple[str, str]:
    """Give what makes an event one of its kind: its source and id."""
    return _identity_kept(event) if len(event) <= KEPT_CHARACTERS else _identity_read(event)


@lru_cache(maxsize=4096)
def _identity_kept(event: str) -> tuple[str, str]:
    return _identity_read(event)


def _identity_read(event: str) -> tuple[str, str]:
    envelope = json.loads(event)
    return str(envelope.get("source")), str(envelope.get("id"))


def fits(visit: Visit, wanted: EventFilter, event: dict[str, Any], correlation: dict[str, Any]) -> bool:
    """Tell whether the event fits, and fix the correlation keys it is the first to give."""
    wanted = settled_filter(wanted, visit.is_evaluable())
    if not has_patterns(wanted.patterns, event, visit.transition.world.ports.evaluator.matches):
        return False
    for name, value in wanted.matches:
        if not same(event.get(name), json.loads(value.constant or "null")):
            return False
    for name, source in wanted.conditions:
        if not _condition_holds(visit, (name, source), event):
            return False
    for key, source, expect in wanted.correlate:
        found = json.loads(visit.evaluate(f"correlate.{key}", Value(source=source), seen_by(source, event)))
        if expect is not None:
            expected = json.loads(visit.evaluate(f"expect.{key}", expect, visit.input))
        else:
            expected = correlation.setdefault(key, found)
        if found is None or not same(found, expected):
            return False
    return True


def _condition_holds(visit: Visit, condition: tuple[str, str], event: dict[str, Any]) -> bool:
    """A condition on `data` sees the data; on another attribute it sees the input and gives the wanted value."""
    name, source = condition
    found = json.dumps(event.get(name), separators=(",", ":"), ensure_ascii=False)
    on = found if name == "data" else visit.input
    result = visit.evaluate(f"with.{name}", Value(source=source), on)
    if result in ("true", "false", "null"):
        return result == "true"
    return same(json.loads(result), event.get(name))
