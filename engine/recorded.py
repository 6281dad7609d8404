"""Results of an earlier run that a what-if takes instead of having the work done again.

A result is found by the digest of what went in: the task's place in the definition, its node type and its arguments,
or the workflow and input of a child run. Several results with the same digest are taken in the order they came in.
What a `listen` heard is kept by its instance path.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from engine import events as e
from engine.events import Commit
from engine.plain import plain

MODES = ("live", "reuse", "stub")

#: By digest: results as (output, details), each as a list because that is what JSON has.
Results = dict[str, list[list[str | None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Results, oldest first."""

    results: Results = field(default_factory=dict)


def call_digest(path: str, node_type: str, arguments: str, secret_expressions: str | None) -> str:
    """Give the digest of what goes into a task for a worker."""
    return _digest("call", plain(path), node_type, arguments, secret_expressions or "")


def approval_digest(path: str, request: str) -> str:
    """Give the digest of what people are asked."""
    return _digest("approval", plain(path), request)


def child_digest(path: str, reference: tuple[str, str, str], given: str) -> str:
    """Give the digest of what goes into a child run."""
    return _digest("child", plain(path), *reference, given)


def heard_key(path: str) -> str:
    """Give the key of the events a `listen` took."""
    return f"heard {path}"


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def collected(commits: Iterable[Commit], after: int = 0) -> Recorded:
    """Give the results that came after the event `after`, from all commits of a run."""
    results: Results = {}
    open_digests: dict[str, str] = {}
    for commit in commits:
        for number, event in enumerate(commit.events, commit.seq):
            if number <= after and not isinstance(event, e.EventReceived):
                # What was under way then is known by what went into it.
                _collect(event, {}, open_digests)
            else:
                _collect(event, results, open_digests)
    return Recorded(results=results)


def _collect(event: e.Event, results: Results, open_digests: dict[str, str]) -> None:
    match event:
        case e.TaskScheduled():
            open_digests[event.path] = call_digest(
                event.path, event.node_type, event.arguments, event.secret_expressions
            )
        case e.ChildStarted(awaited=True):
            reference = (event.namespace, event.name, event.version)
            open_digests[event.path] = child_digest(event.path, reference, event.input)
        case e.ApprovalOpened(path=path, approval_id=approval_id) if path == approval_id:
            open_digests[path] = approval_digest(path, event.request)
        case e.ApprovalClosed(approval_id=path, output=str(output)) if path in open_digests:
            results.setdefault(open_digests.pop(path), []).append([output, None])
        case e.TaskReported() | e.ResultReused():
            if (digest := open_digests.pop(event.path, None)) is not None:
                results.setdefault(digest, []).append([event.output, event.details])
        case e.EventReceived():
            results.setdefault(heard_key(event.path), []).append([event.event, str(event.filter_index)])
        case _:
            pass


def merged(before: Results, more: Recorded) -> Results:
    """Give the results of both, those of `more` after the others of the same digest."""
    found = {digest: list(results) for digest, results in before.items()}
    for digest, results in more.results.items():
        found[digest] = [*found.get(digest, []), *results]
    return found


def recorded_text(recorded: Recorded) -> str:
    """Give results as JSON text."""
    return json.dumps(recorded.results, separators=(",", ":"), ensure_ascii=False)


def recorded_of(text: str) -> Recorded:
    """Give the results in a JSON text that `recorded_text` made."""
    found: Mapping[str, list[list[str | None]]] = json.loads(text)
    return Recorded(results=dict(found))
