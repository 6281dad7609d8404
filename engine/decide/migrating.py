"""Letting a live run follow another version of its definition."""

from __future__ import annotations

import json
from typing import Any

from engine import commands as c
from engine import events as e
from engine.decide.transition import Transition
from engine.errors import CommandRejected
from engine.fitting import check_fit, fit
from engine.moving import moved
from engine.state import FINAL


def migrate_run(transition: Transition, order: c.MigrateRun) -> None:
    """Follow another version from here on. What is under way outside stays so, and its results are taken."""
    state = transition.state
    if state.status in FINAL:
        raise CommandRejected(f"the run is {state.status}: there is nothing left to migrate; fork it")
    if state.version == order.version:
        raise CommandRejected(f"the run follows version {order.version} already")
    after = transition.world.definitions(state.namespace, state.name, order.version)
    if after is None:
        raise CommandRejected(f"the definition {state.namespace}/{state.name}/{order.version} is not published")
    found = fit(state, transition.definition, after, mapping_of(order.mapping))
    check_fit(found, after)

    for path in found.reopened:
        if state.tasks[path].awaiting == "event":
            transition.emit(e.SubscriptionClosed(path=path, filters=state.tasks[path].filters))
    transition.emit(
        e.RunMigrated(
            version=order.version,
            from_version=state.version,
            moves=_text(found.moves),
            reopened=_text(found.reopened),
            reason=order.reason,
        )
    )
    transition.definition = after
    transition.agenda.extend(moved(path, found.moves) for path in found.reopened)


def mapping_of(text: str) -> dict[str, str]:
    """Give the mapping of tasks that a JSON text holds."""
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise CommandRejected(f"the mapping is no JSON: {error}") from None
    if not isinstance(data, dict) or not all(isinstance(new, str) for new in data.values()):
        raise CommandRejected(f"expected a mapping of tasks, old to new, found {text[:200]}")
    return data


def _text(data: object) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
