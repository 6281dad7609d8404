"""Tests of this workflow, as its author would write them: no broker, no waiting. Run them with `pytest`."""

from __future__ import annotations

from pathlib import Path

from testkit import Decides, play

WORKFLOW = Path(__file__).with_name("workflow.yaml")
REFUND = {"order": "A1", "amount": 250}
DATA = {"reason": "lost on its way"}


def test_two_people_who_did_not_start_it_have_to_agree() -> None:
    """Who started the run, a yes without a reason, and a second yes of one person do not count."""
    refused = (Decides(by="test", data=DATA), Decides(by="ana"))
    people = (*refused, Decides(by="ana", data=DATA), Decides(by="ana", data=DATA), Decides(by="ben", data=DATA))
    run = play(WORKFLOW, REFUND, {"ask": people})

    assert run.output == {"paid": 250, "approvedBy": ["ana", "ben"]}


def test_one_no_is_enough_and_so_is_silence() -> None:
    """A deadline that passes is a no, because the workflow says so."""
    refused = {"paid": 0, "decision": "rejected"}

    assert play(WORKFLOW, REFUND, {"ask": Decides(by="ana", act="reject")}).output == refused
    assert play(WORKFLOW, REFUND).output == refused


def test_nobody_is_asked_about_a_small_refund() -> None:
    """It is paid at once."""
    assert play(WORKFLOW, {"order": "A1", "amount": 5}).output == {"paid": 5, "approvedBy": []}
