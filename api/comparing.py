"""Two runs side by side, from the moment they have in common."""

from __future__ import annotations

from typing import Any

from api.forks import Forks
from engine.comparing import compared, story_of
from engine.state import RunState


async def compare(forks: Forks, one: str, other: str) -> dict[str, Any]:
    """Give the comparison of two runs as JSON-like data. Raises 404 problems."""
    left, right = await forks.runs.state(one), await forks.runs.state(other)
    after = _parting(left, right)
    stories = [story_of(await forks.history(run), at) for run, at in zip((one, other), after, strict=True)]
    found = compared(*stories)
    for name, run, at in (("a", one, after[0]), ("b", other, after[1])):
        found[name] = {"run": run, "after_event": at, **found[name]}
    return found


def _parting(left: RunState, right: RunState) -> tuple[int, int]:
    """Give the event of each run after which they went their own ways; 0 for runs that have nothing in common.

    Two forks of one run are compared whole: a fork's own history begins where it was forked.
    """
    if right.forked_from == left.run_id:
        return left_at(right), 0
    if left.forked_from == right.run_id:
        return 0, left_at(left)
    return 0, 0


def left_at(fork: RunState) -> int:
    """Give the event of the other run after which the fork went its own way."""
    return fork.forked_at
