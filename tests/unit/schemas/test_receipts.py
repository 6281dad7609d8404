"""A receipt proves a decision from its own bytes, and nothing else passes for one."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from engine.chain import GENESIS, digest
from engine.events import ApprovalOpened, Commit, Event
from schemas.codec import decode_as, encode
from schemas.receipts import InvalidReceipt, make_receipt, verify_receipt
from testkit import Decides, play

ASK = """document: {dsl: '1.0.3', namespace: t, name: ask, version: '1.0.0'}
do:
  - ask: {call: human_approval, with: {title: Pay?, context: ['12 EUR'], quorum: 2}}
  - rest: {wait: PT1H}
"""


def receipt() -> dict[str, Any]:
    people = (Decides(by="ana", comment="fine"), Decides(by="ben", channel="slack"))
    records: list[tuple[int, bytes]] = []
    parent = GENESIS
    for commit in play(ASK, {}, {"ask": people}).journal.commits:
        value = encode(replace(commit, parent=parent))
        parent = digest(value)
        records.append((len(records), value))
    return make_receipt(("run", "/do/0/ask", 0), records[0], records[1:])


def test_a_receipt_says_who_decided_what_when_and_what_was_shown() -> None:
    proven = verify_receipt(json.loads(json.dumps(receipt())))
    assert proven.decision == "approved"
    assert [(found["by"], found["channel"]) for found in proven.decisions] == [("ana", "ui"), ("ben", "slack")]
    assert proven.shown["title"] == "Pay?"
    assert proven.followed_by >= 1


def _dearer(event: Event) -> Event:
    if not isinstance(event, ApprovalOpened):
        return event
    return replace(event, request=event.request.replace("12 EUR", "99 EUR"))


def changed(name: str) -> dict[str, Any]:
    found = copy.deepcopy(receipt())
    match name:
        case "the words":
            found["decisions"][0]["by"] = "eve"
        case "a commit":
            commit = decode_as(Commit, base64.b64decode(found["chain"][0]["commit"]))
            forged = encode(replace(commit, actor="user:eve"))
            found["chain"][0]["commit"] = base64.b64encode(forged).decode()
        case "the head":
            found["head"]["digest"] = "00" * 16
        case "an order":
            found["chain"].reverse()
        case "what was shown":
            commit = decode_as(Commit, base64.b64decode(found["opened"]["commit"]))
            events = tuple(map(_dearer, commit.events))
            found["opened"]["commit"] = base64.b64encode(encode(replace(commit, events=events))).decode()
        case "the run":
            found["run"] = "another"
        case "an end that is missing":
            found["chain"] = found["chain"][:1]
            found["head"]["digest"] = digest(base64.b64decode(found["chain"][0]["commit"])).hex()
        case "bytes":
            found["chain"][0]["commit"] = "AAAA"
        case _:
            found = {"receipt": name}
    return found


CHANGES = "the words,a commit,the head,an order,what was shown,the run,an end that is missing,bytes,another kind"


@pytest.mark.parametrize("name", CHANGES.split(","))
def test_a_receipt_that_was_changed_proves_nothing(name: str) -> None:
    with pytest.raises(InvalidReceipt):
        verify_receipt(changed(name))
