"""The rows of what the snapshots stage keeps in Postgres, and what is read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

#: The deadline of an approval that has none: later than all others.
NEVER_MS = 2**53 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """How much of a partition is in Postgres."""

    #: Offset of the last record that was read, accepted or skipped.
    offset: int = -1
    #: Digest of the last accepted commit, and its `command_offset`.
    head: bytes = b""
    command_offset: int = -1
    accepted: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """The newest state of a run, gate or schedule in Postgres."""

    run_id: str
    #: Offset of the last commit that is in `state`.
    offset: int
    state: str
    #: Number of its commits.
    commits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTimer:
    """A live timer."""

    run_id: str
    timer_id: str
    fire_at_ms: int


class RunRow(NamedTuple):
    """One row of `runs`, in the order of its columns. Instants are Unix milliseconds."""

    run_id: str
    partition: int
    kind: str
    namespace: str
    name: str
    version: str
    status: str
    source: str
    parent_run_id: str | None
    started_at_ms: int | None
    updated_at_ms: int
    ended_at_ms: int | None
    error_type: str | None
    error_title: str | None
    error_status: int | None
    error_path: str | None
    waiting_for: str | None
    seq: int
    commits: int
    commit_offset: int
    input_excerpt: str | None
    output_excerpt: str | None
    state: str
    state_hash: str
    forked_from: str | None = None
    forked_at_event: int | None = None


class CommitRow(NamedTuple):
    """Where one commit of a run lies."""

    run_id: str
    seq: int
    partition: int
    offset: int
    at_ms: int


class SnapshotRow(NamedTuple):
    """The state of a run after one of its commits."""

    run_id: str
    seq: int
    partition: int
    commit_offset: int
    at_ms: int
    state: str
    state_hash: str


class PhaseRow(NamedTuple):
    """The situation of a run from one of its commits on, and the one before."""

    run_id: str
    seq: int
    partition: int
    at_ms: int
    status: str
    previous: str | None


class TimerRow(NamedTuple):
    """A live timer of a run."""

    run_id: str
    timer_id: str
    partition: int
    path: str
    purpose: str
    fire_at_ms: int


class ApprovalRow(NamedTuple):
    """An approval, open or ended, in the order of the columns of `approvals`. Instants are Unix milliseconds."""

    run_id: str
    approval_id: str
    partition: int
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
    asked: list[str]
    claimed_by: str
    quorum: int
    votes: int
    comments: int
    is_undelivered: bool
    opened_at_ms: int
    deadline_ms: int
    decided_at_ms: int | None
    decided_by: str
    request: str
    detail: str


#: Namespace, name, version, status.
CountKey = tuple[str, str, str, str]


@dataclass(slots=True, kw_only=True)
class PartitionBatch:
    """What changed in one partition between two watermarks."""

    partition: int
    before: Watermark
    after: Watermark
    runs: list[RunRow] = field(default_factory=list)
    commits: list[CommitRow] = field(default_factory=list)
    snapshots: list[SnapshotRow] = field(default_factory=list)
    phases: list[PhaseRow] = field(default_factory=list)
    #: Timers that ended or were set anew: (run id, timer id).
    timers_gone: list[tuple[str, str]] = field(default_factory=list)
    timers_set: list[TimerRow] = field(default_factory=list)
    counts: dict[CountKey, int] = field(default_factory=dict)
    approvals: list[ApprovalRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionContent:
    """Everything Postgres has of a partition, to be compared with the log."""

    watermark: Watermark
    #: Digest of the state by stored run id.
    hashes: Mapping[str, str]
    #: Number of commits that are indexed.
    commits: int
    counts: Mapping[CountKey, int]
    #: Instants of live timers, by stored run id and timer id.
    timers: Mapping[tuple[str, str], int]


def storable(text: str) -> str:
    """Give `text` as Postgres can keep it: it has no NUL and no lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def text_hash(text: str) -> str:
    """Give the digest `engine.snapshot.state_hash` gives for the state that was dumped as `text`."""
    return blake2b(text.encode(), digest_size=16).hexdigest()
