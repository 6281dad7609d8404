"""From the state of a run to the rows Postgres keeps of it."""

from __future__ import annotations

import json
from typing import Any

from engine.gates import ScheduleState
from engine.snapshot import State
from engine.state import RunState, Timer, phase
from infra.snapshot_rows import CountKey, RunRow, storable, text_hash

#: How much of an input or output a list shows.
EXCERPT_CHARACTERS = 200

#: Longest text in an indexed column.
COLUMN_CHARACTERS = 300

_ERROR_PARTS: tuple[None, None, None] = (None, None, None)


def run_row(state: State, text: str, place: tuple[int, int, int]) -> RunRow:
    """Give the row of `state`, dumped as `text`. `place` is partition, offset of the last commit, number of commits."""
    partition, commit_offset, commits = place
    digest = text_hash(text)
    if not isinstance(state, RunState):
        return _other_row(state, text, place)
    error_type, error_title, error_status = _ERROR_PARTS if state.error is None else _error_parts(state.error)
    return RunRow(
        run_id=storable(state.run_id),
        partition=partition,
        kind="run" if state.started_at_ms else "none",
        namespace=_column(state.namespace),
        name=_column(state.name),
        version=_column(state.version),
        status=phase(state),
        source=_column(state.source),
        parent_run_id=None if state.parent_run_id is None else storable(state.parent_run_id),
        started_at_ms=state.started_at_ms or None,
        updated_at_ms=state.updated_at_ms,
        ended_at_ms=state.ended_at_ms or None,
        error_type=error_type,
        error_title=error_title,
        error_status=error_status,
        error_path=None if state.error_path is None else storable(state.error_path),
        waiting_for=_waiting_for(state),
        seq=state.seq,
        commits=commits,
        commit_offset=commit_offset,
        input_excerpt=_excerpt(state.input),
        output_excerpt=None if state.output is None else _excerpt(state.output),
        state=text,
        state_hash=digest,
        forked_from=None if state.forked_from is None else storable(state.forked_from),
        forked_at_event=state.forked_at or None,
    )


def count_key(state: State) -> CountKey | None:
    """Give what a run is counted by; `None` for what is not a run."""
    if not isinstance(state, RunState) or not state.started_at_ms:
        return None
    return (_column(state.namespace), _column(state.name), _column(state.version), phase(state))


def phase_of(state: State) -> str | None:
    """Give the situation a run is in; `None` for what is not a run."""
    return phase(state) if isinstance(state, RunState) and state.started_at_ms else None


def live_timers(state: State) -> dict[str, Timer]:
    """Give the live timers by id."""
    return state.timers if isinstance(state, RunState | ScheduleState) else {}


def _other_row(state: State, text: str, place: tuple[int, int, int]) -> RunRow:
    """Give the row of a gate or schedule: they are kept for the orchestrator, no list shows them as runs."""
    partition, commit_offset, commits = place
    schedule = state if isinstance(state, ScheduleState) else None
    return RunRow(
        run_id=storable(state.run_id),
        partition=partition,
        kind="schedule" if schedule else "gate",
        namespace=_column(schedule.namespace) if schedule else "",
        name=_column(schedule.name) if schedule else "",
        version=_column(schedule.version) if schedule else "",
        status=state.status,
        source="",
        parent_run_id=None,
        started_at_ms=None,
        updated_at_ms=state.updated_at_ms,
        ended_at_ms=None,
        error_type=None,
        error_title=None,
        error_status=None,
        error_path=None,
        waiting_for=None,
        seq=state.seq,
        commits=commits,
        commit_offset=commit_offset,
        input_excerpt=None,
        output_excerpt=None,
        state=text,
        state_hash=text_hash(text),
    )


def _column(text: str) -> str:
    return storable(text)[:COLUMN_CHARACTERS]


def _excerpt(text: str) -> str:
    return storable(text[:EXCERPT_CHARACTERS])


def _waiting_for(state: RunState) -> str | None:
    waits = {task.awaiting for task in state.tasks.values() if task.awaiting is not None}
    if any(task.asked for task in state.tasks.values()):
        waits.add("evaluation")
    return " ".join(sorted(waits)) or None


def _error_parts(error: str) -> tuple[str | None, str | None, int | None]:
    """Give type, title and status of an RFC 7807 object in JSON text, each `None` when it is not there or not right."""
    try:
        found: Any = json.loads(error)
    except (ValueError, RecursionError):
        return _ERROR_PARTS
    if not isinstance(found, dict):
        return _ERROR_PARTS
    kind, title, status = found.get("type"), found.get("title"), found.get("status")
    return (
        _column(kind) if isinstance(kind, str) else None,
        _excerpt(title) if isinstance(title, str) else None,
        status if isinstance(status, int) and abs(status) < 100_000 else None,
    )
