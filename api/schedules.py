"""Schedules: begun by publishing the highest version of a workflow that has one, paused and resumed by operators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from api.auth import Caller
from api.catalogue import Catalogue
from api.commands import Commands
from api.ports import Store
from api.problems import Problem, not_found
from api.recent import Recent
from api.runs import store_away
from engine.commands import ActivateSchedule, DeactivateSchedule
from engine.definition.model import Definition as Compiled
from engine.events import Commit
from engine.gates import SCHEDULE_PREFIX, ScheduleState
from engine.replay import apply, new_state
from engine.snapshot import State, load
from infra.errors import Unreachable
from schemas.codec import decode_as
from schemas.records import Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """What is known of schedules, and orders to them. A schedule is a process in the log, as a run is."""

    catalogue: Catalogue
    commands: Commands
    recent: Recent
    store: Store

    def listed(self) -> Iterator[tuple[Definition, str]]:
        """Yield the highest version of each workflow whose highest version has a schedule, with that as JSON text."""
        for found in self.catalogue.highest():
            if (schedule := schedule_of(found)) is not None:
                yield found, schedule

    async def find(self, namespace: str, name: str) -> ScheduleState | None:
        """Give the newest state of a schedule, `None` if it never was active. Raises a 503 problem without Postgres."""
        run_id = schedule_id(namespace, name)
        recent = [decode_as(Commit, value) for value in self.recent.of(run_id.encode())]
        state: State | None = new_state(run_id) if recent and recent[0].seq == 1 else await self._stored(run_id)
        if not isinstance(state, ScheduleState):
            return None
        for commit in recent:
            if commit.seq == state.seq + 1:
                apply(state, commit)
        return state if state.version else None

    async def published(self, compiled: Compiled, by: Caller) -> None:
        """Let the schedule follow a version that was published now: only the highest version counts."""
        highest = self.catalogue.find(compiled.namespace, compiled.name)
        if highest is None or highest.version != compiled.version:
            return
        run_id = schedule_id(compiled.namespace, compiled.name)
        if compiled.schedule is not None:
            await self.commands.send(run_id, _activation(highest, compiled.schedule), by)
        elif any(schedule_of(found) for found in self.catalogue.versions(compiled.namespace, compiled.name)):
            await self.commands.send(run_id, DeactivateSchedule(), by)

    async def published_again(self, compiled: Compiled, by: Caller) -> None:
        """Make up for a publication that ended halfway: its definition is there, its schedule never was."""
        try:
            if compiled.schedule is not None and await self.find(compiled.namespace, compiled.name) is None:
                await self.published(compiled, by)
        except Problem:
            # Not known now whether it is active: whoever publishes once more finds out.
            return

    async def pause(self, namespace: str, name: str, by: Caller) -> None:
        """Let a schedule start nothing any more. Raises a 409 problem when it is not active."""
        self._scheduled(namespace, name)
        await self.commands.order(schedule_id(namespace, name), DeactivateSchedule(), by)

    async def resume(self, namespace: str, name: str, by: Caller) -> None:
        """Let a schedule start runs of the highest version. Raises a 409 problem when it is active."""
        highest, schedule = self._scheduled(namespace, name)
        await self.commands.order(schedule_id(namespace, name), _activation(highest, schedule), by)

    def scheduled(self, namespace: str, name: str) -> tuple[Definition, str]:
        """Give the highest version of a workflow and its schedule. Raises a 404 problem when it has none."""
        return self._scheduled(namespace, name)

    def _scheduled(self, namespace: str, name: str) -> tuple[Definition, str]:
        highest = self.catalogue.find(namespace, name)
        schedule = None if highest is None else schedule_of(highest)
        if highest is None or schedule is None:
            raise not_found(f"no workflow {namespace[:100]}/{name[:100]} with a `schedule` in its highest version")
        return highest, schedule

    async def _stored(self, run_id: str) -> State | None:
        try:
            stored = await self.store.state(run_id)
        except Unreachable as error:
            raise store_away(error) from None
        return None if stored is None else load(stored.state)


def schedule_id(namespace: str, name: str) -> str:
    """Give the id of a workflow's schedule."""
    return f"{SCHEDULE_PREFIX}{namespace}/{name}"


def schedule_of(found: Definition) -> str | None:
    """Give what a definition says under `schedule`, as JSON text."""
    document: dict[str, Any] = json.loads(found.document)
    if not document.get("schedule"):
        return None
    return json.dumps(document["schedule"], separators=(",", ":"), ensure_ascii=False)


def _activation(found: Definition, schedule: str) -> ActivateSchedule:
    return ActivateSchedule(namespace=found.namespace, name=found.name, version=found.version, schedule=schedule)
