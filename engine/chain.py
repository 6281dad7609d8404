"""The commit chain: the one rule by which every reader of a partition tells the history from what a zombie wrote.

A commit is accepted if its `parent` is the digest of the last accepted one, else it is skipped. Since the order on the
partition is the same for all readers, all of them accept the same commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

DIGEST_BYTES = 16

#: Parent of a partition's first commit.
GENESIS = b""


def digest(record: bytes) -> bytes:
    """Give the 16-byte BLAKE2b digest of a commit as it lies on the topic."""
    return blake2b(record, digest_size=DIGEST_BYTES).digest()


@dataclass(slots=True)
class Chain:
    """The chain of one partition, as far as it was read."""

    head: bytes = GENESIS

    def accept(self, parent: bytes, record: bytes) -> bool:
        """Tell whether the commit continues the chain; if so it is the new head."""
        if parent != self.head:
            return False
        self.head = digest(record)
        return True
