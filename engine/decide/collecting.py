"""`schedule.on`: which events a schedule takes, and when they suffice to start a run.

- `one`, and `any` without `until`: each event starts a run.
- `any` with `until`: events are collected until the condition is true of them, or the event of `until` came.
- `all`: events are collected until each filter took one. The input has them in the order of the filters.

The input of the run is the array of the events, whole: `$workflow.input[0].data`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from engine import commands as c
from engine import events as e
from engine.decide.intake import TOO_DEEP, is_too_deep, whole
from engine.decide.settling import settled, settled_filter
from engine.decide.visit import FALSY, RUNTIME, joined
from engine.decide.world import World
from engine.definition.listening import strategy_of
from engine.definition.loose import as_written, loosened
from engine.definition.model import Definition, EventFilter
from engine.definition.values import program_of, text_of
from engine.errors import CommandRejected, ExpressionFailed
from engine.gates import EventSet, ScheduleState
from engine.matching import Filter, event_key, filters_of, keys_of, same

#: Incomplete sets of one schedule, and characters of the events in them.
SETS_MAX = 1000
SETS_CHARACTERS_MAX = 1024 * 1024

Keys = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """What `schedule.on` says. The filters of `until` come after `filters` in the numbering."""

    kind: str
    filters: tuple[EventFilter, ...]
    until: str | None
    until_kind: str
    until_filters: tuple[EventFilter, ...]

    @property
    def collects(self) -> bool:
        """Whether one event may not be enough."""
        return self.kind == "all" or self.until is not None or bool(self.until_filters)


@lru_cache(maxsize=1024)
def strategy(on: str, mode: str = "strict") -> Strategy:
    """Give the strategy of a `schedule.on`, given as JSON text, in a document of this `evaluate.mode`."""
    part, read = json.loads(on), loosened if mode == "loose" else as_written
    kind, filters = strategy_of(part, read)
    until = part.get("until")
    until_kind, until_filters = strategy_of(until, read) if isinstance(until, dict) else ("one", ())
    return Strategy(
        kind=kind,
        filters=filters,
        until=program_of(until) if isinstance(until, str) else None,
        until_kind=until_kind,
        until_filters=until_filters,
    )


@dataclass(frozen=True, slots=True)
class Collector:
    """A schedule while an order about its events is decided. `reference` is the version, if not yet the state's."""

    state: ScheduleState
    world: World
    reference: tuple[str, str, str] | None = None

    def filters(self, on: dict[str, Any]) -> str:
        """Give the filters of the subscription: with the values that `expect` has now."""
        chosen = self._strategy(on)
        return text_of([self._plain(wanted) for wanted in (*chosen.filters, *chosen.until_filters)])

    def deliver(self, order: c.DeliverEvent) -> list[e.Event]:
        """Give the events of a delivery."""
        if self.state.filters is None or order.path:
            raise CommandRejected("the schedule waits for no events there")
        if is_too_deep(order.event):
            raise CommandRejected(f"the event is not taken: {TOO_DEEP}")
        text = whole(order.event)
        event: dict[str, Any] = json.loads(text)
        key = event_key(event)
        if key in self.state.taken:
            raise CommandRejected(f"the event {event.get('id')!r} of {event.get('source')!r} was taken before")
        fitting = self._fitting(event, order.filter_index)
        if not fitting:
            raise CommandRejected("the event does not fit the filter")

        chosen = self._strategy(json.loads(self.state.schedule)["on"])
        if not chosen.collects:
            return [self._fired(0, [text], key)]
        return self._collect(chosen, fitting, (text, key))

    def _fitting(self, event: dict[str, Any], hint: int) -> dict[int, Keys]:
        """Give the correlation keys by each filter the event fits, the one it was delivered for first."""
        filters = filters_of(self.state.filters or "[]")
        numbers = sorted(range(len(filters)), key=lambda number: number != hint)
        found = ((number, self._keys(filters[number], event)) for number in numbers)
        return {number: keys for number, keys in found if keys is not None}

    def _keys(self, wanted: Filter, event: dict[str, Any]) -> Keys | None:
        """Give the keys; a filter that fails on the event does not fit it."""
        try:
            return keys_of(wanted, event, self.evaluate, self.world.ports.evaluator.matches)
        except ExpressionFailed:
            return None

    def _collect(self, chosen: Strategy, fitting: dict[int, Keys], given: tuple[str, str]) -> list[e.Event]:
        text, key = given
        number, index = self._place(chosen, fitting)
        is_kept = index < len(chosen.filters)
        known = self.state.sets.get(str(number)) or EventSet()
        keys = {**json.loads(known.correlation or "{}"), **fitting[index]}
        after = EventSet(
            correlation=text_of(keys) if keys else None,
            filters=[*known.filters, index],
            events=[*known.events, text if is_kept else None],
        )
        if self._is_complete(chosen, after):
            return [self._fired(number, _ordered(chosen, after), key)]
        collected = e.ScheduleCollected(
            set_id=number,
            filter_index=index,
            event_key=key,
            event=text if is_kept else None,
            correlation=after.correlation,
        )
        return [*self._room_for(number, len(text)), collected]

    def _place(self, chosen: Strategy, fitting: dict[int, Keys]) -> tuple[int, int]:
        """Give the set an event belongs to, and by which filter: the oldest set that lacks it, or a new one."""
        # An event that fits a filter of `until` as well is that of `until`.
        by_until = sorted(fitting, key=lambda index: index < len(chosen.filters))
        for name, found in self.state.sets.items():
            for index in by_until:
                keys = fitting[index]
                is_lacking = chosen.kind != "all" or index not in found.filters
                if is_lacking and _agree(json.loads(found.correlation or "{}"), keys):
                    return int(name), index
        kept = [index for index in fitting if index < len(chosen.filters)]
        if not kept:
            raise CommandRejected("an event of `until` came before any other")
        return self.state.sets_begun + 1, kept[0]

    def _is_complete(self, chosen: Strategy, found: EventSet) -> bool:
        count = len(chosen.filters)
        if chosen.kind == "all":
            return set(found.filters) >= set(range(count))
        if chosen.until is not None:
            events = joined([text for text in found.events if text is not None])
            return self.evaluate(chosen.until, events) not in FALSY
        met = [index in found.filters for index in range(count, count + len(chosen.until_filters))]
        return all(met) if chosen.until_kind == "all" else any(met)

    def _room_for(self, number: int, characters: int) -> list[e.Event]:
        """Drop the oldest sets as long as there are too many, or too much is in them."""
        sizes = {name: sum(len(text or "") for text in found.events) for name, found in self.state.sets.items()}
        dropped: list[e.Event] = []
        for name in self.state.sets:
            if len(sizes) < SETS_MAX and sum(sizes.values()) + characters <= SETS_CHARACTERS_MAX:
                break
            if int(name) != number:
                del sizes[name]
                dropped.append(e.ScheduleSetDropped(set_id=int(name)))
        return dropped

    def _fired(self, set_id: int, texts: list[str], key: str) -> e.ScheduleFired:
        """Start a run whose id is that of its events: a delivery that is repeated much later starts no second one."""
        keys = " ".join(event_key(json.loads(text)) for text in texts)
        place = blake2b(f"{self.state.run_id}!{keys}".encode(), digest_size=16).hexdigest()
        return e.ScheduleFired(run_id=f"s{place}", input=joined(texts), set_id=set_id, event_key=key)

    def _plain(self, wanted: EventFilter) -> dict[str, Any]:
        correlate: dict[str, Any] = {}
        for key, source, expect in wanted.correlate:
            correlate[key] = {"from": source}
            if expect is not None:
                expect = settled(expect, self._is_evaluable)
                text = expect.constant or self.evaluate(expect.source or ".", "null")
                correlate[key]["expect"] = json.loads(text)
        wanted = settled_filter(wanted, self._is_evaluable)
        plain: dict[str, Any] = {
            "attributes": {name: json.loads(value.constant or "null") for name, value in wanted.matches},
            "correlate": correlate,
        }
        more = {"conditions": dict(wanted.conditions), "patterns": dict(wanted.patterns)}
        return plain | {name: found for name, found in more.items() if found}

    def _strategy(self, on: dict[str, Any]) -> Strategy:
        definition = self._definition()
        return strategy(text_of(on), "loose" if definition is not None and definition.loose else "strict")

    def _definition(self) -> Definition | None:
        state = self.state
        return self.world.definitions(*(self.reference or (state.namespace, state.name, state.version)))

    def _is_evaluable(self, source: str) -> bool:
        names = self.world.ports.evaluator.variables(source)
        return names is not None and {"runtime", "workflow"}.issuperset(names)

    def evaluate(self, source: str, data: str) -> str:
        """Give the result of a program with the variables a schedule has."""
        return self.world.ports.evaluator.evaluate(source, data, self._variable)

    def _variable(self, name: str) -> str:
        match name:
            case "runtime":
                return RUNTIME
            case "workflow":
                definition = self._definition()
                document = definition.document if definition is not None else "null"
                return f'{{"id":{json.dumps(self.state.run_id)},"definition":{document}}}'
            case _:
                raise ExpressionFailed(f"the variable ${name} is not known in a schedule")


def _agree(known: Keys, keys: Keys) -> bool:
    return all(same(known.get(key, value), value) for key, value in keys.items())


def _ordered(chosen: Strategy, found: EventSet) -> list[str]:
    """Give the events of a complete set: by filter for `all`, else as they came."""
    pairs = list(zip(found.filters, found.events, strict=True))
    if chosen.kind == "all":
        pairs.sort(key=lambda pair: pair[0])
    return [text for _, text in pairs if text is not None]
