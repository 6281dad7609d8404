"""Histories of past runs, decided again by today's rules or for another definition, for `agentos check-replay`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from engine.decide import World
from engine.definition import Definition, compile_definition
from engine.events import Commit, RunMigrated
from engine.ports import Ports
from engine.rehearsing import Rehearsal, rehearse
from expressions.evaluator import JqEvaluator
from infra.event_log import EventLog
from infra.history import History
from infra.kafka import kafka_connection
from infra.read_models import Database, Definitions, RunFilter, Runs, RunSort, RunSummary
from infra.settings import Settings
from language.validate import JsonSchemaValidator
from schemas.topics import EVENTS

PAGE = 200
COMMITS = 2000
Reference = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Where past runs, their histories and their definitions are."""

    runs: Runs
    history: History
    definitions: Definitions
    #: Another definition to decide by, whatever version a run of that name followed.
    instead: Definition | None = None
    _known: dict[Reference, Definition | None] = field(default_factory=dict)

    async def rehearsals(self, wanted: RunFilter, most: int) -> AsyncIterator[Rehearsal]:
        """Yield what comes of the newest `most` runs that `wanted` names."""
        async for run in self._newest(wanted, most):
            commits = await self._commits(run.run_id)
            yield rehearse(run.run_id, commits, await self._world(run, commits))

    async def _newest(self, wanted: RunFilter, most: int) -> AsyncIterator[RunSummary]:
        cursor: str | None = None
        while most > 0:
            page = await self.runs.page(wanted, RunSort.STARTED_LAST, after=cursor, limit=min(PAGE, most))
            for run in page.runs:
                yield run
            most -= len(page.runs)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _commits(self, run_id: str) -> list[Commit]:
        found: list[Commit] = []
        while True:
            after = found[-1].seq + len(found[-1].events) if found else 1
            page = [each for each in await self.history.commits(run_id, after, COMMITS) if each.seq >= after]
            if not page:
                return found
            found += page

    async def _world(self, run: RunSummary, commits: list[Commit]) -> World:
        name = (run.namespace, run.name)
        events = [event for commit in commits for event in commit.events if isinstance(event, RunMigrated)]
        wanted = {run.version, *(version for event in events for version in (event.version, event.from_version))}
        versions = {version: await self._definition((*name, version)) for version in wanted}

        def find(namespace: str, name: str, version: str) -> Definition | None:
            if self.instead is not None and (namespace, name) == (self.instead.namespace, self.instead.name):
                return self.instead
            return versions.get(version)

        return World(definitions=find, ports=Ports(evaluator=JqEvaluator(), validator=JsonSchemaValidator()))

    async def _definition(self, reference: Reference) -> Definition | None:
        if reference not in self._known:
            row = await self.definitions.get(*reference)
            self._known[reference] = None if row is None else compile_definition(json.loads(row.document))
        return self._known[reference]


@asynccontextmanager
async def past_of(settings: Settings, database_url: str, instead: Definition | None) -> AsyncIterator[Past]:
    """Give the past as the stores hold it."""
    log = EventLog(kafka_connection(settings.kafka), EVENTS.full_name(settings.kafka.topic_prefix))
    async with Database(database_url, settings.postgres) as database:
        runs = Runs(database)
        history = History(runs, log, every_commits=settings.snapshots.every_commits)
        try:
            yield Past(runs=runs, history=history, definitions=Definitions(database), instead=instead)
        finally:
            await history.close()
