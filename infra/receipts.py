"""Finding the commits of a receipt in the log: read once from where the run begins to the end of its partition."""

from __future__ import annotations

from collections.abc import Iterator

from engine.chain import Chain
from engine.events import ApprovalClosed, ApprovalDecided, ApprovalOpened, Commit
from infra.errors import InfrastructureError
from infra.event_log import EventLog
from schemas.codec import MalformedRecord, decode_as
from schemas.partitioning import partition_of
from schemas.receipts import make_receipt

#: Commits after the end of the approval that a receipt takes along, if it is not told otherwise.
LINKS = 20


class NothingDecided(InfrastructureError):
    """There is no such approval in the log, or it has not ended."""

    exit_code = 2


def receipt_of(log: EventLog, run_id: str, task: str, links: int = LINKS) -> dict[str, object]:
    """Give the receipt of the last approval of a task that ended. `task` is the path of the task or approval."""
    ends = log.ends()
    partition = partition_of(run_id.encode(), len(ends))
    opened: tuple[int, bytes] | None = None
    approval_id = ""
    kept: list[tuple[int, bytes]] = []
    after_end: int | None = None
    for offset, value, commit in _accepted(log, partition, (ends[partition].low, ends[partition].high)):
        if after_end is not None:
            if after_end == links:
                break
            after_end += 1
        elif commit.run_id == run_id:
            for event in commit.events:
                if isinstance(event, ApprovalOpened) and task in (event.path, event.approval_id):
                    opened, approval_id, kept = (offset, value), event.approval_id, []
            is_end = _concerns(commit, approval_id, ApprovalClosed)
            after_end = 0 if is_end else None
        if kept or after_end == 0 or (commit.run_id == run_id and _concerns(commit, approval_id, ApprovalDecided)):
            kept.append((offset, value))
    if opened is None or after_end is None:
        what = "it is still open" if opened else "found none"
        raise NothingDecided(f"Expected an approval of the task {task} in run {run_id} that has ended; {what}")
    return make_receipt((run_id, approval_id, partition), opened, kept)


def _concerns(commit: Commit, approval_id: str, kind: type[ApprovalClosed | ApprovalDecided]) -> bool:
    return any(isinstance(event, kind) and event.approval_id == approval_id for event in commit.events)


def _accepted(log: EventLog, partition: int, span: tuple[int, int]) -> Iterator[tuple[int, bytes, Commit]]:
    """Yield the commits of the chain with their offsets and bytes."""
    chain = Chain()
    for batch in log.read(partition, *span):
        for record in batch:
            value = record.value or b""
            try:
                commit = decode_as(Commit, value)
            except MalformedRecord:
                continue
            if chain.accept(commit.parent, value):
                yield record.offset, value, commit
