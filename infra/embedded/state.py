"""What the supervisor knows of its processes, in a file that others read: `state.json` in the data folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

FILE = "state.json"


class Phase(StrEnum):
    """Where a process is in its life. EXTERNAL: somebody else runs it, we only look whether it answers."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"
    WAITING = "waiting to restart"
    STOPPED = "stopped"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """One process. `born` is when the operating system says it was made: with the pid it names one process for ever."""

    name: str
    phase: Phase
    since: str
    pid: int | None = None
    born: float | None = None
    restarts: int = 0
    detail: str = ""
    ports: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """The whole stack. `ready` is true once everything has been started, until the end."""

    pid: int
    since: str
    address: str
    ready: bool
    processes: tuple[ProcessState, ...]

    @property
    def is_well(self) -> bool:
        """Tell whether everything runs and answers."""
        return self.ready and all(process.phase in (Phase.READY, Phase.EXTERNAL) for process in self.processes)


def write_state(data_dir: Path, state: StackState) -> None:
    """Replace the file in one step: a reader never sees half of it."""
    path = data_dir / FILE
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(state), indent=1) + "\n")
    fresh.chmod(0o600)
    fresh.replace(path)


def read_state(data_dir: Path) -> StackState | None:
    """Give the last state written, or None if there is none."""
    try:
        found: dict[str, Any] = json.loads((data_dir / FILE).read_text())
    except FileNotFoundError:
        return None
    processes = tuple(
        ProcessState(**{**process, "phase": Phase(process["phase"])}) for process in found.pop("processes")
    )
    return StackState(**found, processes=processes)
