"""Runs as Postgres has them: filtered lists in pages, one run, its state at any kept moment, where its commits lie."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from psycopg import sql

from infra.queries import queries
from infra.read_models.as_of import as_of_values, source
from infra.read_models.cursor import InvalidCursor, decode_cursor, encode_cursor
from infra.read_models.database import Database
from infra.snapshots_store import storable

SQL = {name: sql.SQL(text) for name, text in queries("read_models").items()}
MAX_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run as a list shows it. Excerpts are the first characters of JSON texts."""

    run_id: str
    partition: int
    namespace: str
    name: str
    version: str
    status: str
    source: str
    parent_run_id: str | None
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    error_type: str | None
    error_title: str | None
    error_status: int | None
    error_path: str | None
    #: Kinds of what its tasks wait for from outside, such as `timer worker`.
    waiting_for: str | None
    seq: int
    commits: int
    commit_offset: int
    input_excerpt: str | None
    output_excerpt: str | None
    #: Run it was forked from, and after which of its events.
    forked_from: str | None = None
    forked_at_event: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail(RunSummary):
    """A run with its newest state, as text of `engine.snapshot.dump`."""

    state: str
    state_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAt:
    """A state of a run that is kept: the newest, or a snapshot."""

    seq: int
    commit_offset: int
    state: str
    state_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seq:
    """The number of an event."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offset:
    """A place in a partition."""

    log_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitPlace:
    """Where a commit of a run lies in the events topic. `seq` is the number of its first event."""

    seq: int
    partition: int
    log_offset: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCount:
    """How many runs of a definition are in a status."""

    namespace: str
    name: str
    version: str
    status: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs to list. Absent members do not narrow; instants are inclusive."""

    statuses: tuple[str, ...] = ()
    namespace: str | None = None
    name: str | None = None
    version: str | None = None
    source: str | None = None
    error_type: str | None = None
    parent_run_id: str | None = None
    #: Run they were forked from.
    forked_from: str | None = None
    #: A kind of wait: `worker`, `timer`, `event`, `child`, `slot`, `evaluation`.
    waiting_for: str | None = None
    #: Beginning of the run id.
    id_prefix: str | None = None
    started_from: datetime | None = None
    started_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    #: List and count as it was at this instant.
    as_of: datetime | None = None


class RunSort(StrEnum):
    """Orders of a list of runs."""

    STARTED_LAST = "-started_at"
    STARTED_FIRST = "started_at"
    UPDATED_LAST = "-updated_at"
    UPDATED_FIRST = "updated_at"

    @property
    def column(self) -> str:
        """Give the column it sorts by."""
        return self.value.lstrip("-")

    @property
    def is_descending(self) -> bool:
        """Tell whether the greatest comes first."""
        return self.value.startswith("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """One page, and the cursor of the next if there is one."""

    runs: tuple[RunSummary, ...]
    next_cursor: str | None


_CONDITIONS = {
    "statuses": "status = any(%(statuses)s)",
    "namespace": "namespace = %(namespace)s",
    "name": "name = %(name)s",
    "version": "version = %(version)s",
    "source": "source = %(source)s",
    "error_type": "error_type = %(error_type)s",
    "parent_run_id": "parent_run_id = %(parent_run_id)s",
    "forked_from": "forked_from = %(forked_from)s",
    "waiting_for": "%(waiting_for)s = any(string_to_array(waiting_for, ' '))",
    "id_prefix": "starts_with(run_id, %(id_prefix)s)",
    "started_from": "started_at >= %(started_from)s",
    "started_to": "started_at <= %(started_to)s",
    "updated_from": "updated_at >= %(updated_from)s",
    "updated_to": "updated_at <= %(updated_to)s",
}


class Runs:
    """Reads runs. Every method raises `Unavailable` when Postgres is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, run_id: str) -> RunDetail | None:
        """Give one run with its newest state."""
        query = SQL["get_run"].format(columns=_columns(RunDetail))
        return await self._database.first(RunDetail, query, {"run_id": storable(run_id)})

    async def page(
        self, wanted: RunFilter, sort: RunSort = RunSort.STARTED_LAST, *, after: str | None = None, limit: int = 50
    ) -> RunPage:
        """Give one page, behind the cursor `after`. Raises `InvalidCursor` when it is not one of this order."""
        conditions = ["kind = 'run'", *(text for name, text in _CONDITIONS.items() if getattr(wanted, name))]
        values: dict[str, object] = {name: _value(getattr(wanted, name)) for name in _CONDITIONS}
        values |= as_of_values(wanted.as_of)
        if after is not None:
            conditions.append(f"({sort.column}, run_id) {'<' if sort.is_descending else '>'} (%(at)s, %(after_id)s)")
            values["at"], values["after_id"] = _position(sort, after)
        size = max(1, min(limit, MAX_PAGE))
        query = SQL["list_runs"].format(
            columns=_columns(RunSummary),
            source=source("runs", wanted.as_of),
            conditions=sql.SQL(" and ").join(map(_fixed, conditions)),
            order=_fixed(", ".join(f"{name} {_direction(sort)}" for name in (sort.column, "run_id"))),
        )
        found = await self._database.all(RunSummary, query, {**values, "limit": size + 1})
        page = tuple(found[:size])
        return RunPage(runs=page, next_cursor=_cursor(sort, page[-1]) if len(found) > size else None)

    async def counts(self, wanted: RunFilter | None = None) -> list[RunCount]:
        """Give the number of runs by definition and status. Of `wanted` names, version and `as_of` count."""
        chosen = wanted or RunFilter()
        values = {name: _value(getattr(chosen, name)) for name in ("namespace", "name", "version")}
        query = SQL["count_runs" if chosen.as_of is None else "count_runs_as_of"]
        return await self._database.all(RunCount, query, {**values, **as_of_values(chosen.as_of)})

    async def commit_places(
        self, run_id: str, *, from_seq: int = 1, to_seq: int | None = None, limit: int = 1000
    ) -> list[CommitPlace]:
        """Give where commits of a run lie, in order: from the one with the event `from_seq` to that with `to_seq`."""
        values = {"run_id": storable(run_id), "from_seq": from_seq, "to_seq": to_seq, "limit": limit}
        return await self._database.all(CommitPlace, SQL["run_commits"], values)

    async def newest_state(self, run_id: str) -> StateAt | None:
        """Give the newest state of a run, gate or schedule."""
        return await self._database.first(StateAt, SQL["newest_state"], {"run_id": storable(run_id)})

    async def nearest_state(self, run_id: str, seq: int) -> StateAt | None:
        """Give the newest kept state of a run that has no event after `seq`; `None` when it is to be folded from 1."""
        return await self._database.first(StateAt, SQL["nearest_state"], {"run_id": storable(run_id), "seq": seq})

    async def kept_state(self, run_id: str, seq: int, above: int = 0) -> StateAt | None:
        """Give the newest snapshot of a run with no event after `seq` and with one after `above`."""
        values = {"run_id": storable(run_id), "seq": seq, "above": above}
        return await self._database.first(StateAt, SQL["kept_states"], values)

    async def keep_state(self, run_id: str, kept: StateAt) -> None:
        """Keep a state that is missing among the snapshots of a run, or damaged there."""
        await self._database.first(_Seq, SQL["keep_state"], {"run_id": storable(run_id), **_fields(kept)})

    async def mend_state(self, run_id: str, newest: StateAt) -> None:
        """Put the newest state of a run right, unless it is another by now."""
        await self._database.first(_Seq, SQL["mend_state"], {"run_id": storable(run_id), **_fields(newest)})

    async def seq_at(self, run_id: str, offset: int | None, at_ms: int | None) -> int | None:
        """Give the last event of a run at or before an offset and an instant, 0 for none; `None` for no such run."""
        values = {"run_id": storable(run_id), "offset": offset, "at_ms": at_ms}
        found = await self._database.first(_Seq, SQL["seq_at"], values)
        return None if found is None else found.seq

    async def first_offset(self, run_id: str) -> int | None:
        """Give the offset of a run's first commit."""
        found = await self._database.first(_Offset, SQL["first_offset"], {"run_id": storable(run_id)})
        return None if found is None else found.log_offset


def _fields(kept: StateAt) -> dict[str, object]:
    return {each.name: getattr(kept, each.name) for each in fields(kept)}


def _columns(kind: type[RunSummary]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(field.name) for field in fields(kind))


def _fixed(text: str) -> sql.SQL:
    """Give a part of a query that is a constant of this file."""
    return sql.SQL(text)


def _value(value: object) -> object:
    match value:
        case str():
            return storable(value)
        case tuple():
            return list(value)
        case _:
            return value


def _direction(sort: RunSort) -> str:
    return "desc" if sort.is_descending else "asc"


def _cursor(sort: RunSort, last: RunSummary) -> str:
    at: datetime = getattr(last, sort.column)
    return encode_cursor(sort.value, at.isoformat(), last.run_id)


def _position(sort: RunSort, cursor: str) -> tuple[datetime, str]:
    at, run_id = decode_cursor(sort.value, cursor, str, str)
    try:
        return datetime.fromisoformat(at), storable(run_id)
    except ValueError:
        raise InvalidCursor from None
