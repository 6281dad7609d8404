"""Tests of this workflow, as its author would write them: no broker, no waiting. Run them with `pytest`."""

from __future__ import annotations

from pathlib import Path

from testkit import Fails, play

WORKFLOW = Path(__file__).with_name("workflow.yaml")


def test_what_is_too_large_is_refused() -> None:
    """The error that the workflow raises is caught by itself, and the attempt is written down."""
    run = play(WORKFLOW, {"amount": 5000}, {"record": None})

    assert run.output == {"accepted": False, "reason": "5000 is more than 1000"}
    assert run.calls == [("/do/0/guarded/finally/0/record", {"message": "checked 5000"})]


def test_the_run_faults_when_nothing_can_be_written_down() -> None:
    """A failure of the last step is not caught by the task it stands in."""
    run = play(WORKFLOW, {"amount": 10}, {"record": Fails(status=503, title="Full")})

    assert run.status == "faulted"
    assert run.error["title"] == "Full"
