"""History decided again, by today's rules or for another definition, without effects: does it come to the same?

Each commit's order is told from its events and decided on the state that the new decisions led to. The first commit
that comes to something else ends the look at that run: what was recorded after it answers questions nobody asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine import events as e
from engine.commands import Command, ContinueRun
from engine.decide import World, decide, gone_on
from engine.events import Commit
from engine.inferring import order_of
from engine.replay import apply, fold, new_state
from engine.snapshot import State
from engine.state import RunState

IDENTICAL, DIFFERENT, FAILED = "identical", "different", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What came of deciding a run's history again."""

    run_id: str
    #: `identical`, `different` (it routes, or gives, something else) or `failed` (it is refused, or the rules fail).
    verdict: str
    commits: int = 0
    #: Commits whose order the log does not tell, such as refusals: they were taken as they are.
    untold: int = 0
    #: Number of the first event that is another one, what it was, and what it is now.
    event: int = 0
    expected: str = ""
    found: str = ""


def rehearse(run_id: str, commits: Sequence[Commit], world: World) -> Rehearsal:
    """Decide the commits of a run again, in order, in `world`."""
    state = new_state(run_id)
    untold = 0
    for number, commit in enumerate(commits, 1):
        done = Rehearsal(run_id=run_id, verdict=IDENTICAL, commits=number, untold=untold)
        try:
            again = _decided(state, commit, world)
        except Exception as error:  # noqa: BLE001 - whatever the rules do today is the answer
            return replace(done, verdict=FAILED, event=commit.seq, expected=_name(commit.events[0]), found=repr(error))
        if again is None:
            untold += 1
            apply(state, commit)
            continue
        events, after = again
        difference = _difference(commit, events)
        if difference is not None:
            event, expected, found = difference
            is_refusal = bool(events) and isinstance(events[0], e.CommandRejected)
            verdict = FAILED if is_refusal else DIFFERENT
            return replace(done, verdict=verdict, event=event, expected=expected, found=found)
        state = after
    return Rehearsal(run_id=run_id, verdict=IDENTICAL, commits=len(commits), untold=untold)


def _decided(state: State, commit: Commit, world: World) -> tuple[Sequence[e.Event], State] | None:
    if not isinstance(state, RunState):
        return None
    command = Command(
        run_id=commit.run_id,
        command_id=commit.command_id,
        actor=commit.actor,
        body=ContinueRun(),
        origin=commit.origin,
        at_ms=commit.at_ms,
        offset=commit.command_offset,
    )
    first = commit.events[0]
    if isinstance(first, e.RunForked):
        # What it was forked from is another run's business: the state it began with is taken as it is.
        fold(state, first, commit.at_ms)
        decision = gone_on(state, command, world)
        return (first, *decision.events), decision.state
    order = None if isinstance(first, e.CommandRejected) else order_of(state, commit)
    if order is None:
        return None
    decision = decide(state, replace(command, body=order), world)
    return decision.events, decision.state


def _difference(commit: Commit, events: Sequence[e.Event]) -> tuple[int, str, str] | None:
    """Give the first event that is another one: its number, what it was, what it is now."""
    for index in range(max(len(commit.events), len(events))):
        was = commit.events[index] if index < len(commit.events) else None
        now = events[index] if index < len(events) else None
        if was != now and not _is_same(was, now):
            return commit.seq + index, _shown(was, now), _shown(now, was)
    return None


def _is_same(was: e.Event | None, now: e.Event | None) -> bool:
    """Another version is what is asked for, not a difference."""
    if isinstance(was, e.RunStarted) and isinstance(now, e.RunStarted):
        return replace(was, version=now.version) == now
    return False


def _shown(event: e.Event | None, other: e.Event | None) -> str:
    """Name an event, and what of it is not as in the other."""
    if event is None:
        return "nothing"
    if type(event) is not type(other) or getattr(event, "path", "") != getattr(other, "path", ""):
        reason = f": {event.reason}" if isinstance(event, e.CommandRejected) else ""
        return _name(event) + reason
    parts = [name for name in event.__slots__ if getattr(event, name) != getattr(other, name)]
    return f"{_name(event)} with " + ", ".join(f"{name} {str(getattr(event, name))[:200]}" for name in parts)


def _name(event: e.Event) -> str:
    path = getattr(event, "path", "")
    return f"{type(event).__name__} {path}".strip()
