"""The inbox: approvals as Postgres has them, in pages, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from psycopg import sql

from infra.queries import queries
from infra.read_models.as_of import as_of_values, source
from infra.read_models.cursor import decode_cursor, encode_cursor
from infra.read_models.database import Database
from infra.snapshots_store import storable

SQL = {name: sql.SQL(text) for name, text in queries("read_models").items()}
MAX_PAGE = 500
#: Counting stops here: an inbox need not know more.
COUNT_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSummary:
    """An approval as a list shows it. Instants are Unix milliseconds."""

    run_id: str
    approval_id: str
    path: str
    namespace: str
    name: str
    version: str
    started_by: str
    title: str
    status: str
    digest: str
    assignees: list[str]
    groups: list[str]
    claimed_by: str
    quorum: int
    votes: int
    comments: int
    is_undelivered: bool
    opened_at_ms: int
    deadline_ms: int
    decided_at_ms: int | None
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDetail(ApprovalSummary):
    """An approval with all of it. Both are JSON texts."""

    request: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalFilter:
    """Which approvals to list. Absent members do not narrow."""

    #: Whom an open one asks: any of `person:NAME`, `group:NAME`, `anybody`.
    asked: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    #: A part of the title.
    text: str | None = None
    run_id: str | None = None
    namespace: str | None = None
    name: str | None = None
    #: List those that were there at this instant, open if they were then.
    as_of: datetime | None = None


class ApprovalSort(StrEnum):
    """Orders of a list: newest first, by deadline, or the last ended first."""

    OPENED_LAST = "-opened_at"
    DEADLINE = "deadline"
    DECIDED_LAST = "-decided_at"

    @property
    def column(self) -> str:
        """Give the column it sorts by."""
        return {"-opened_at": "opened_at_ms", "deadline": "deadline_ms", "-decided_at": "decided_at_ms"}[self.value]

    @property
    def is_descending(self) -> bool:
        """Tell whether the greatest comes first."""
        return self.value.startswith("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPage:
    """One page, the cursor of the next if there is one, and how many there are in all, up to `COUNT_MAX`."""

    approvals: tuple[ApprovalSummary, ...]
    next_cursor: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    count: int


_CONDITIONS = {
    "asked": "asked && %(asked)s::text[]",
    "text": "title ilike %(text)s",
    "run_id": "run_id = %(run_id)s",
    "namespace": "namespace = %(namespace)s",
    "name": "name = %(name)s",
}


class Approvals:
    """Reads approvals. Every method raises `Unavailable` when Postgres is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, run_id: str, approval_id: str) -> ApprovalDetail | None:
        """Give one approval."""
        query = SQL["get_approval"].format(columns=_columns(ApprovalDetail))
        values = {"run_id": storable(run_id), "approval_id": storable(approval_id)}
        return await self._database.first(ApprovalDetail, query, values)

    async def page(
        self, wanted: ApprovalFilter, sort: ApprovalSort, *, after: str | None = None, limit: int = 50
    ) -> ApprovalPage:
        """Give one page, behind the cursor `after`. Raises `InvalidCursor` when it is not one of this order."""
        conditions = [_of_status(wanted), *(text for name, text in _CONDITIONS.items() if getattr(wanted, name))]
        values: dict[str, object] = {
            "asked": [storable(name) for name in wanted.asked],
            "statuses": list(wanted.statuses),
            "text": _like(wanted.text or ""),
            "run_id": storable(wanted.run_id or ""),
            "namespace": storable(wanted.namespace or ""),
            "name": storable(wanted.name or ""),
            "most": COUNT_MAX,
            **as_of_values(wanted.as_of),
        }
        table = source("approvals", wanted.as_of)
        count = await self._database.first(_Count, _query("count_approvals", table, conditions, sort), values)
        if after is not None:
            conditions.append(_behind(sort))
            values["at"], values["after_run"], values["after_id"] = decode_cursor(sort.value, after, int, str, str)
        size = max(1, min(limit, MAX_PAGE))
        query = _query("list_approvals", table, conditions, sort)
        found = await self._database.all(ApprovalSummary, query, {**values, "limit": size + 1})
        page = tuple(found[:size])
        cursor = _cursor(sort, page[-1]) if len(found) > size else None
        return ApprovalPage(approvals=page, next_cursor=cursor, count=count.count if count else 0)


def _query(name: str, table: sql.Composable, conditions: list[str], sort: ApprovalSort) -> sql.Composed:
    direction = "desc" if sort.is_descending else "asc"
    return SQL[name].format(
        columns=_columns(ApprovalSummary),
        source=table,
        conditions=sql.SQL(" and ").join(sql.SQL(text) for text in conditions),
        order=sql.SQL(f"{sort.column} {direction}, run_id, approval_id"),
    )


def _of_status(wanted: ApprovalFilter) -> str:
    """Give the condition as text the partial indexes are found by."""
    if wanted.statuses == ("open",):
        return "status = 'open'"
    return "status = any(%(statuses)s)" if wanted.statuses else "true"


def _behind(sort: ApprovalSort) -> str:
    """Give the condition that a row comes after the last one of a page."""
    sign = "<" if sort.is_descending else ">"
    column = sort.column
    ids = "(run_id, approval_id) > (%(after_run)s, %(after_id)s)"
    return f"({column} {sign} %(at)s or ({column} = %(at)s and {ids}))"


def _like(text: str) -> str:
    escaped = storable(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _columns(kind: type[ApprovalSummary]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(field.name) for field in fields(kind))


def _cursor(sort: ApprovalSort, last: ApprovalSummary) -> str:
    return encode_cursor(sort.value, getattr(last, sort.column), last.run_id, last.approval_id)
