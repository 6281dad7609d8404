"""A run as one file for a bug report: its whole history and its definition, without what must not leave."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from api.catalogue import Catalogue
from api.problems import unavailable
from api.redacting import Redactor, marked_fields
from api.runs import Runs
from engine.events import Commit
from engine.replay import replay
from engine.snapshot import state_hash
from engine.state import RunState
from schemas.bundle import Bundle, BundleCommit, BundleDefinition, BundleHeader, current_schemas, write_bundle
from schemas.partitioning import partition_of
from schemas.records import Definition

PAGE_COMMITS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundling:
    """Makes bundles. `positions` gives the partitions of the events topic."""

    runs: Runs
    catalogue: Catalogue
    positions: Callable[[], Mapping[int, int]]

    async def bundle(self, run_id: str) -> bytes:
        """Give the bundle of a run as it stands."""
        state = await self.runs.state(run_id)
        commits = await self._commits(run_id, state.seq)
        definition = self.catalogue.find(state.namespace, state.name, state.version)
        partition = partition_of(run_id.encode(), max(1, len(self.positions())))
        return await asyncio.to_thread(bundle_of, state, partition, commits, definition)

    async def _commits(self, run_id: str, until_seq: int) -> list[Commit]:
        found: list[Commit] = []
        next_seq = 1
        while next_seq <= until_seq:
            page = await self.runs.commits(run_id, next_seq, PAGE_COMMITS)
            if not page:
                raise unavailable("the snapshots are behind: the history of this run is not known up to its end yet")
            found += page
            next_seq = page[-1].seq + len(page[-1].events)
        return found


def bundle_of(state: RunState, partition: int, commits: list[Commit], definition: Definition | None) -> bytes:
    """Give the file of a run with these commits."""
    marked = frozenset[str]() if definition is None else marked_fields(json.loads(definition.document))
    redactor = Redactor(marked, commits)
    clean = [redactor.commit(commit) for commit in commits]
    folded = replay(state.run_id, clean)
    header = BundleHeader(
        run_id=state.run_id,
        partition=partition,
        made_at_ms=int(time.time() * 1000),
        made_by=_version(),
        seq=folded.seq,
        state_hash=state_hash(folded),
        log_state_hash=state_hash(replay(state.run_id, commits)) if redactor.count else state_hash(folded),
        redacted=redactor.count,
        schemas=current_schemas(),
    )
    told = None if definition is None else _definition(definition)
    return write_bundle(
        Bundle(header=header, definition=told, commits=tuple(BundleCommit(commit=commit) for commit in clean))
    )


def _definition(found: Definition) -> BundleDefinition:
    names = ("namespace", "name", "version", "text", "document", "digest")
    return BundleDefinition(**{name: getattr(found, name) for name in names})


def _version() -> str:
    try:
        return version("agentos")
    except PackageNotFoundError:
        return "unknown"
