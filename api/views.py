"""States as the JSON that the API answers with."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import orjson
from starlette.responses import Response

from api.events_json import instant, json_value
from engine.difference import changes, readable
from engine.paths import pointer
from engine.snapshot import State, dump, state_hash
from engine.state import RunState, phase
from infra.read_models import RunSummary
from schemas.records import Definition

#: Places that a comparison of two states names.
MOST_CHANGES = 2_000

#: Members of a run in a list that are passed on as they are.
_SUMMARY = (
    "status source parent_run_id forked_from forked_at_event error_type error_title error_status error_path"
    " waiting_for input_excerpt output_excerpt seq"
).split()


def json_response(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Give a JSON response."""
    return Response(orjson.dumps(data), status, headers, media_type="application/json")


def run_view(state: RunState) -> dict[str, Any]:
    """Give a run: what it is of, how it stands, what went in and came out."""
    return {
        "run": state.run_id,
        "workflow": {"namespace": state.namespace, "name": state.name, "version": state.version},
        "status": phase(state),
        "input": json_value(state.input),
        "output": json_value(state.output),
        "error": json_value(state.error),
        "error_path": state.error_path,
        "waiting_for": _waiting_for(state),
        "source": state.source,
        "parent": {"run": state.parent_run_id, "path": state.parent_path} if state.parent_run_id else None,
        "forked_from": _forked_from(state),
        "superseded_by": state.superseded_by,
        "started_at": _instant(state.started_at_ms),
        "updated_at": _instant(state.updated_at_ms),
        "ended_at": _instant(state.ended_at_ms),
        "seq": state.seq,
    }


def summary_view(found: RunSummary) -> dict[str, Any]:
    """Give a run as a list shows it."""
    moments = {name: getattr(found, name) for name in ("started_at", "updated_at", "ended_at")}
    return {
        "run": found.run_id,
        "workflow": {"namespace": found.namespace, "name": found.name, "version": found.version},
        **{name: getattr(found, name) for name in _SUMMARY},
        **{name: None if at is None else instant(round(at.timestamp() * 1000)) for name, at in moments.items()},
    }


def state_view(state: State) -> dict[str, Any]:
    """Give everything the fold knows, with payloads as JSON text, exactly as the engine sees it."""
    return {
        "run": state.run_id,
        "seq": state.seq,
        "status": phase(state) if isinstance(state, RunState) else state.status,
        "at": instant(state.updated_at_ms),
        "hash": state_hash(state),
        "state": orjson.Fragment(dump(state)),
    }


def diff_view(before: State, after: State) -> dict[str, Any]:
    """Give what changed between two states, up to a number of places."""
    found = list(islice(changes(readable(before), readable(after)), MOST_CHANGES + 1))
    moments = {
        name: {"seq": state.seq, "at": instant(state.updated_at_ms), "hash": state_hash(state)}
        for name, state in (("from", before), ("to", after))
    }
    shown = [orjson.Fragment(json.dumps(each.plain())) for each in found[:MOST_CHANGES]]
    return {"run": after.run_id, **moments, "changes": shown, "is_cut": len(found) > MOST_CHANGES}


def definition_view(definition: Definition, *, text: str | None = None) -> dict[str, Any]:
    """Give a definition, with its text and document if `text` is given."""
    view = {
        "namespace": definition.namespace,
        "name": definition.name,
        "version": definition.version,
        "digest": definition.digest,
        "published_at": instant(definition.published_at_ms),
        "published_by": definition.actor,
        "published_from": definition.origin,
    }
    if text is None:
        return view
    resources = [{"uri": part["uri"], "digest": part["digest"]} for part in orjson.loads(definition.resources)]
    return {**view, "resources": resources, "text": text, "document": json_value(definition.document)}


def _forked_from(state: RunState) -> dict[str, Any] | None:
    if state.forked_from is None:
        return None
    return {"run": state.forked_from, "event": state.forked_at, "mode": state.mode}


def _waiting_for(state: RunState) -> list[dict[str, Any]]:
    return [
        {"task": pointer(task.path), "path": task.path, "what": task.awaiting, "node_type": task.node_type}
        for task in state.tasks.values()
        if task.awaiting is not None
    ]


def _instant(at_ms: int) -> str | None:
    return instant(at_ms) if at_ms else None
