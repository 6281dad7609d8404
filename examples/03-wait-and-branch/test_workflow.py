"""A test of this workflow, as its author would write it. Time jumps to the next timer. Run it with `pytest`."""

from __future__ import annotations

from pathlib import Path

from testkit import play

WORKFLOW = Path(__file__).with_name("workflow.yaml")


def test_the_reminder_comes_two_seconds_after_the_confirmation() -> None:
    """Both branches give what they have; the test takes no two seconds."""
    run = play(WORKFLOW, {"name": "Ada"})

    assert run.output == {"reminder": "Do not forget, Ada", "confirmation": "Thank you, Ada"}
    assert run.state.ended_at_ms - run.state.started_at_ms == 2000
    assert run.path.index("/do/0/both/fork/branches/1/confirm") < len(run.path) - 1
