"""Forking, rewinding and migrating runs: from what somebody asks for to the order, with what the engine would refuse
said beforehand. The state that is forked comes from where every state at a past event comes from (`api.runs`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from api.auth import Caller
from api.bodies import json_text
from api.catalogue import Catalogue
from api.commands import Commands
from api.ids import keyed_run_id, new_run_id
from api.problems import Problem, not_found, unprocessable
from api.runs import Runs, folded, new_run
from engine.commands import ForkRun
from engine.comparing import story_of
from engine.decide import World
from engine.definition import Definition, compile_definition
from engine.errors import CommandRejected
from engine.events import Commit, RunCancelled, RunCompleted, TaskStarted
from engine.foreseeing import Foresight
from engine.forking import FORK_BYTES_MAX, Fork, forkable, prepared, settled
from engine.overrides import overrides_of
from engine.paths import pointer
from engine.ports import Ports
from engine.recorded import Recorded, collected, recorded_text
from engine.snapshot import dump, load
from engine.state import FINAL, RunState
from expressions.evaluator import JqEvaluator
from language.validate import JsonSchemaValidator
from schemas import records

#: Commits that are read in one go.
PAGE = 2000
Reference = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks for. Without `event` and `task` it is the newest event."""

    run_id: str
    by: Caller
    event: int | None = None
    task: str | None = None
    definition: Reference | None = None
    #: As `engine.overrides` describes them.
    overrides: dict[str, Any] = field(default_factory=dict)
    mode: str = "live"
    supersedes: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An order that was looked at, with the state the new run begins with."""

    order: ForkRun
    state: RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Forks:
    """The way a run comes to be that goes on from another."""

    commands: Commands
    catalogue: Catalogue
    runs: Runs

    async def fork(self, wanted: Wanted) -> RunState:
        """Give the new run as it is after its first commit. Raises problems; the other run is never changed by them."""
        run_id = new_run_id()
        if wanted.key is not None:
            run_id = keyed_run_id("fork of", wanted.run_id, wanted.key)
            if (known := await self.runs.find(run_id)) is not None:
                return known
        order = (await self.prepare(wanted, run_id)).order
        commit = await self.commands.order(run_id, order, wanted.by)
        return folded(new_run(run_id), [commit] if commit else [])

    async def prepare(self, wanted: Wanted, run_id: str) -> Prepared:
        """Give the order for a fork, looked at as the engine will. Raises 404 and 422 problems."""
        number, state = await self._moment(wanted)
        text = dump(state)
        before = self.compiled((state.namespace, state.name, state.version))
        after = before if wanted.definition is None else self.compiled(wanted.definition)
        recorded = await self._recorded(wanted, number)
        overrides = json_text(wanted.overrides)
        fork = Fork(
            run_id=run_id,
            forked_from=wanted.run_id,
            at_event=number,
            at_ms=state.updated_at_ms,
            before=before,
            after=after,
            overrides=_overrides(overrides),
            mode=wanted.mode,
            recorded=recorded,
            supersedes=wanted.supersedes,
        )
        looked_at = _checked(state, fork)
        results = recorded_text(recorded)
        if (size := len(text.encode()) + len(results.encode())) > FORK_BYTES_MAX:
            raise _refused(f"the state and the recorded results have {size} bytes, the limit is {FORK_BYTES_MAX}")
        order = ForkRun(
            forked_from=wanted.run_id,
            at_event=number,
            state=text,
            namespace=after.namespace,
            name=after.name,
            version=after.version,
            overrides=overrides,
            mode=wanted.mode,
            recorded=results,
            supersedes=wanted.supersedes,
            keyed=wanted.key is not None,
        )
        return Prepared(order=order, state=looked_at)

    async def preview(self, wanted: Wanted) -> dict[str, Any]:
        """Give what a fork would do, with what that took before. Raises problems."""
        order = (await self.prepare(wanted, "preview")).order
        history = await self.history(wanted.run_id)
        story, heard = story_of(history), collected(history).results
        newest = await self.runs.state(wanted.run_id)
        foresight = Foresight(world=self._world(), story=story, heard=heard, at_ms=newest.updated_at_ms)
        found = (await asyncio.to_thread(foresight.of, order)).plain()
        return {"run": wanted.run_id, "event": order.at_event, "mode": order.mode, **found}

    def _world(self) -> World:
        def find(namespace: str, name: str, version: str) -> Definition | None:
            known = self.catalogue.find(namespace, name, version)
            return None if known is None else compiled(known)

        return World(definitions=find, ports=Ports(evaluator=JqEvaluator(), validator=JsonSchemaValidator()))

    def compiled(self, reference: Reference) -> Definition:
        """Give a published definition for the rules; of no version the highest. Raises a 404 problem."""
        namespace, name, version = reference
        found = self.catalogue.find(namespace, name, version)
        if found is None:
            versions = ", ".join(each.version for each in self.catalogue.versions(namespace, name))
            raise not_found(
                f"no workflow {namespace}/{name}" + (f":{version}" if version else "") + " is published;"
                f" its versions are {versions or 'none'}"
            )
        return compiled(found)

    async def history(self, run_id: str) -> list[Commit]:
        """Give all commits of a run."""
        found: list[Commit] = []
        while page := await self.runs.commits(run_id, _next(found), PAGE):
            fresh = [commit for commit in page if commit.seq >= _next(found)]
            if not fresh:
                break
            found += fresh
        return found

    async def _moment(self, wanted: Wanted) -> tuple[int, RunState]:
        """Give the event to fork after, and the state then."""
        newest = await self.runs.state(wanted.run_id)
        if wanted.task is not None:
            number = await self._start_of(wanted.run_id, wanted.task)
        elif wanted.event is not None:
            number = wanted.event
        else:
            number = newest.seq
        if not 1 <= number <= newest.seq:
            raise _refused(f"run {wanted.run_id} has events 1 to {newest.seq}, not {number}", last_event=newest.seq)
        if newest.status in FINAL and number == newest.seq and newest.status != "faulted":
            raise await self._ended(newest, number)
        commits = await self.runs.commits(wanted.run_id, number, 1)
        at = settled(commits[0].events, commits[0].seq, number) if commits else number
        state = await self.runs.state_at(wanted.run_id, at)
        if state.status in ("completed", "cancelled"):
            raise await self._ended(state, number)
        # A state of one's own: others may hold the one in memory.
        return at, _own(state)

    async def _ended(self, state: RunState, number: int) -> Problem:
        """Give the problem of a moment after which nothing goes on, with the last one that can be forked."""
        last = last_forkable(await self.history(state.run_id))
        detail = f"the run is {state.status} after event {number}: fork it at an event from 1 to {last}"
        return _refused(detail, last_event=last)

    async def _start_of(self, run_id: str, task: str) -> int:
        """Give the event with which a task began last, by its path, JSON Pointer or name."""
        started: dict[str, int] = {}
        for commit in await self.history(run_id):
            for number, event in enumerate(commit.events, commit.seq):
                if isinstance(event, TaskStarted):
                    started[event.path] = number
        for known in (str, pointer, _name):
            found = [number for path, number in started.items() if known(path) == task]
            if found:
                return max(found)
        names = ", ".join(list(dict.fromkeys(map(pointer, started)))[-20:])
        raise _refused(f"no task {task!r} began in run {run_id}; those that did are {names or 'none'}")

    async def _recorded(self, wanted: Wanted, number: int) -> Recorded:
        if wanted.mode == "live":
            return Recorded()
        return collected(await self.history(wanted.run_id), number)


def last_forkable(commits: Sequence[Commit]) -> int:
    """Give the last event of an ended run that something goes on after, 0 for none."""
    for commit in reversed(commits):
        kinds = [type(event) for event in commit.events]
        if RunCompleted in kinds or RunCancelled in kinds:
            end = commit.seq + next(i for i, kind in enumerate(kinds) if kind in (RunCompleted, RunCancelled))
            return max((at for at in forkable(commit.events, commit.seq) if at < end), default=commit.seq - 1)
    return 0


def _next(found: Sequence[Commit]) -> int:
    return found[-1].seq + len(found[-1].events) if found else 1


def _name(path: str) -> str:
    return pointer(path).rpartition("/")[2]


def _own(state: RunState) -> RunState:
    copied = load(dump(state))
    assert isinstance(copied, RunState)  # noqa: S101
    return copied


def _overrides(text: str) -> Any:
    try:
        return overrides_of(text)
    except CommandRejected as rejected:
        raise _refused(str(rejected)) from None


def _checked(state: RunState, fork: Fork) -> RunState:
    try:
        return prepared(state, fork)
    except CommandRejected as rejected:
        raise _refused(str(rejected)) from None


def _refused(detail: str, **extra: Any) -> Problem:
    return unprocessable("fork-refused", detail, **extra)


def compiled(found: records.Definition) -> Definition:
    """Give a published definition as the rules use it."""
    return _compiled(found.document)


@lru_cache(maxsize=256)
def _compiled(document: str) -> Definition:
    return compile_definition(json.loads(document))
