"""What `decide` is given beside state and command: definitions, evaluation, validation and limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.definition.model import Definition
from engine.events import Event
from engine.ports import Ports
from engine.snapshot import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one transition and of a run."""

    #: Steps after which a transition goes on with a command of its own.
    steps_max: int = 300
    #: Bytes of payload after which a transition goes on with a command of its own.
    commit_bytes_max: int = 512 * 1024
    #: Characters of data that a transition evaluates and checks before it goes on with a command of its own: what that
    #: takes grows with them, and the partition waits. Some 30 ms.
    work_max: int = 500_000
    #: Bytes one input or output may have.
    payload_bytes_max: int = 1024 * 1024
    #: Bytes the conversation of one agent may have, as a worker is given it.
    conversation_bytes_max: int = 4 * 1024 * 1024
    #: Live scopes of one run, above which loops and forks begin no further iterations and branches at once.
    live_scopes_max: int = 5_000
    #: Child runs inside child runs.
    depth_max: int = 32
    #: Iterations of one loop.
    iterations_max: int = 1_000_000
    #: Attempts of one `try` without a limit of its own.
    attempts_max: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The outside of a decision."""

    #: Gives a published definition by namespace, name and version, or `None`.
    definitions: Callable[[str, str, str], Definition | None]
    ports: Ports
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a command leads to: its events, and the state after them."""

    events: tuple[Event, ...]
    state: State
