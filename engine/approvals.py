"""What the state keeps of an approval: whom it asks, who has answered, and the notices on their way.

Lists are tuples and records are JSON texts, so these values are shared between copies of a state and replaced whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

#: How a person may answer, and what the approval is then decided as.
VERDICTS = {"approve": "approved", "reject": "rejected", "request_changes": "changes_requested"}

#: Every act there is.
ACTS = (*VERDICTS, "claim", "release", "delegate", "comment", "withdraw")

#: Parts of a request that are shown to whoever decides; the digest is over these and nothing else.
SHOWN = ("title", "context", "form", "ui")

#: Timers of an approval: the suffix of their id is also their purpose.
PURPOSES = ("deadline", "reminder", "escalation", "notice")

#: Ends of approvals that a run remembers, to say who decided when somebody comes late. Part of the fold.
DECIDED_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An open approval. `request` is what was asked for, as `engine.decide.approval_terms` writes it."""

    approval_id: str
    #: The task instance that waits for it.
    path: str
    request: str
    #: Digest of exactly what is shown, in hexadecimal digits.
    digest: str
    opened_at_ms: int
    #: Whom it asks now: delegation and escalation change these. Both empty: anybody who may decide.
    assignees: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    claimed_by: str = ""
    #: Unix milliseconds; 0 for none.
    deadline_ms: int = 0
    reminded: int = 0
    escalated: int = 0
    #: What people decided and said, oldest first: a JSON object each.
    votes: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    #: Notices begun so far.
    notices: int = 0
    #: JSON object: what a channel gave back for its notice, and why one could not be reached, by channel number.
    receipts: str = "{}"
    undelivered: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message about an approval on its way through a channel."""

    notice_id: str
    approval_id: str
    path: str
    #: Number of the channel in the request.
    channel: int
    #: `opened`, `reminder`, `escalated` or `closed`.
    purpose: str
    attempt: int = 1
    #: JSON object that only a notice of an end has: title, decision, receipt.
    details: str = "null"


def digest_of(request: dict[str, Any]) -> str:
    """Give the SHA-256 of what is shown, in hexadecimal digits: over its canonical JSON text (keys sorted)."""
    shown = {name: request.get(name) for name in SHOWN}
    return sha256(json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def voters(approval: Approval) -> list[str]:
    """Give who has decided so far."""
    return [json.loads(vote)["by"] for vote in approval.votes]
