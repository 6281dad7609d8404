"""Where faults are done to the system, and the notes of what was done when."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.cluster import Cluster
from tests.chaos.members import Member

#: Topic, partition and offset of a record.
Place = tuple[str, int, int]

READY_S = 180.0


@dataclass(slots=True, kw_only=True)
class Incident:
    """One fault: when it began, and when what it took away was there again (0: it took nothing away)."""

    name: str
    began_at_ms: int
    #: When what was taken away was started again.
    restarted_at_ms: int = 0
    returned_at_ms: int = 0
    ended_at_ms: int = 0
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Arena:
    """What a fault may use, and where it notes what it did."""

    cluster: Cluster
    rng: random.Random
    incidents: list[Incident] = field(default_factory=list)
    #: Records that can't be read, which must be dead letters; and those of which either is fine.
    poison: dict[Place, str] = field(default_factory=dict)
    perhaps_poison: dict[Place, str] = field(default_factory=dict)
    #: Records written to the events topic by us: commits nobody may accept.
    foreign: set[Place] = field(default_factory=set)
    #: Ids of runs our own records may bring into being, which nobody else knows.
    ghosts: set[str] = field(default_factory=set)
    #: What did not become well again after a fault.
    violations: list[str] = field(default_factory=list)

    @contextmanager
    def incident(self, name: str) -> Iterator[Incident]:
        """Note a fault from its beginning to its end."""
        found = Incident(name=name, began_at_ms=now_ms())
        self.incidents.append(found)
        try:
            yield found
        finally:
            found.ended_at_ms = now_ms()

    def any(self, role: str) -> Member:
        """Give one of the processes of a role."""
        return self.rng.choice(self.cluster.roles[role])

    def bring_back(self, member: Member, incident: Incident, after_s: float) -> None:
        """Start a process again after a while, and wait until it is ready."""
        self.cluster.pass_time(after_s)
        incident.restarted_at_ms = now_ms()
        member.start()
        self.wait_until_ready(member)
        incident.returned_at_ms = now_ms()

    def wait_until_ready(self, *members: Member) -> None:
        """Wait until processes are ready, and say so if they don't become it."""
        for member in members:
            if not self.cluster.until(member.is_ready, READY_S):
                self.violations.append(f"expected {member.name} to be ready within {READY_S:g} s: {member.problem()}")


def now_ms() -> int:
    """Give the time, Unix milliseconds: the clock the embedded broker stamps its records with."""
    return int(time.time() * 1000)
