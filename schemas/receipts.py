"""Receipts of decisions: the commits of the log that hold one, and what follows from them alone.

A receipt needs no server and no trust in who hands it over. It holds the bytes of the commits: the one that asked, then
the chain from the first decision on. Whoever checks it reads the facts from those bytes, and compares the digest of its
last commit with the log, or with another receipt from later.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.approvals import digest_of
from engine.chain import Chain, digest
from engine.events import ApprovalClosed, ApprovalDecided, ApprovalOpened, Commit, Event
from engine.instants import iso8601
from schemas.codec import MalformedRecord, decode_as

KIND = "agentos/receipt/1"


class InvalidReceipt(ValueError):
    """The receipt does not prove what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What a receipt proves."""

    run_id: str
    approval_id: str
    decision: str
    #: Who decided what, when, from where and through which channel, oldest first.
    decisions: tuple[Mapping[str, Any], ...]
    shown: Mapping[str, Any]
    shown_digest: str
    #: Commits of the chain after the one that ended the approval.
    followed_by: int
    head: str


def make_receipt(
    place: tuple[str, str, int], opened: tuple[int, bytes], chain: Iterable[tuple[int, bytes]]
) -> dict[str, Any]:
    """Give a receipt. `place` is run, approval and partition; records are offsets with the bytes of commits.

    `chain` begins with the first decision, and leaves out what is not part of the commit chain.
    """
    run_id, approval_id, partition = place
    records = [{"offset": offset, "commit": _encoded(value)} for offset, value in chain]
    receipt = {
        "receipt": KIND,
        "run": run_id,
        "approval": approval_id,
        "partition": partition,
        "opened": {"offset": opened[0], "commit": _encoded(opened[1])},
        "chain": records,
        "head": {"offset": records[-1]["offset"], "digest": digest(_decoded(records[-1])).hex()},
    }
    proven = verify_receipt(receipt)
    return {**receipt, "decision": proven.decision, "decisions": list(proven.decisions), "shown": proven.shown}


def verify_receipt(receipt: Mapping[str, Any]) -> Proven:
    """Give what the receipt proves. Raises `InvalidReceipt` that says what does not fit."""
    try:
        return _verified(receipt)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        if isinstance(error, InvalidReceipt):
            raise
        raise InvalidReceipt(f"expected a receipt of AgentOS, found {error!r}") from error


def _verified(receipt: Mapping[str, Any]) -> Proven:
    if receipt["receipt"] != KIND:
        raise InvalidReceipt(f"expected a receipt of the kind {KIND}, found {receipt['receipt']!r:.60}")
    run_id, approval_id = receipt["run"], receipt["approval"]
    commits = _chain(receipt)
    facts = [(commit, event) for commit in commits if commit.run_id == run_id for event in commit.events]
    decided = [(c, e) for c, e in facts if isinstance(e, ApprovalDecided) and e.approval_id == approval_id]
    ends = [(c, e) for c, e in facts if isinstance(e, ApprovalClosed) and e.approval_id == approval_id]
    if not ends:
        raise InvalidReceipt(f"expected the end of the approval {approval_id} in its chain, found none")
    opened = _opened(receipt, run_id, approval_id)
    request = json.loads(opened.request)
    shown_digest = digest_of(request)
    if {opened.digest, *(event.digest for _, event in decided)} != {shown_digest}:
        raise InvalidReceipt("the digest in the decisions is not that of what was shown")
    end_commit, end = ends[-1]
    proven = Proven(
        run_id=run_id,
        approval_id=approval_id,
        decision=end.decision,
        decisions=tuple(_decision(commit, event) for commit, event in decided) or (_ending(end_commit, end),),
        shown={name: request.get(name) for name in ("title", "context", "form", "ui")},
        shown_digest=shown_digest,
        followed_by=len(commits) - 1 - commits.index(end_commit),
        head=receipt["head"]["digest"],
    )
    _check_words(receipt, proven)
    return proven


def _chain(receipt: Mapping[str, Any]) -> list[Commit]:
    """Give the commits of the chain, each of which names the digest of the one before it."""
    values = [_decoded(record) for record in receipt["chain"]]
    commits = [_commit(value) for value in values]
    chain = Chain(commits[0].parent)
    for number, (commit, value) in enumerate(zip(commits, values, strict=True)):
        if not chain.accept(commit.parent, value):
            raise InvalidReceipt(f"commit {number + 1} of the chain does not follow the one before it")
    if chain.head.hex() != receipt["head"]["digest"]:
        raise InvalidReceipt("the digest of the last commit is not the head that the receipt names")
    return commits


def _opened(receipt: Mapping[str, Any], run_id: str, approval_id: str) -> ApprovalOpened:
    commit = _commit(_decoded(receipt["opened"]))
    found = [e for e in commit.events if isinstance(e, ApprovalOpened) and e.approval_id == approval_id]
    if commit.run_id != run_id or not found:
        raise InvalidReceipt("the commit that should have opened the approval is another one")
    return found[0]


def _check_words(receipt: Mapping[str, Any], proven: Proven) -> None:
    """Refuse a receipt whose readable part says something else than its commits."""
    said = {name: receipt[name] for name in ("decision", "decisions", "shown") if name in receipt}
    meant = {"decision": proven.decision, "decisions": list(proven.decisions), "shown": dict(proven.shown)}
    for name, value in said.items():
        if value != meant[name]:
            raise InvalidReceipt(f"the receipt's {name!r} is not what its commits say")


def _decision(commit: Commit, event: ApprovalDecided) -> dict[str, Any]:
    return {
        "by": event.by,
        "at": iso8601(commit.at_ms),
        "decision": event.decision,
        "data": json.loads(event.data),
        "comment": event.comment,
        "channel": event.channel,
        "origin": event.origin,
        "groups": json.loads(event.groups),
    }


def _ending(commit: Commit, event: Event) -> dict[str, Any]:
    if not isinstance(event, ApprovalClosed):
        raise InvalidReceipt("expected the end of an approval")
    return {"by": event.by, "at": iso8601(commit.at_ms), "decision": event.decision, "comment": event.comment}


def _commit(value: bytes) -> Commit:
    try:
        return decode_as(Commit, value)
    except MalformedRecord as error:
        raise InvalidReceipt(f"a commit of the receipt cannot be read: {error.reason}") from None


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(record: Mapping[str, Any]) -> bytes:
    return base64.b64decode(record["commit"], validate=True)
