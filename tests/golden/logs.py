"""Golden logs: commits as they were written once, and the state they must fold to for ever.

`python -m tests.golden.logs NAME` records the scenario NAME. Record new ones; never record an old one again: a log that
folds to another state than it did means that somebody's history changed.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

from engine.events import Commit
from engine.replay import replay
from engine.snapshot import dump
from schemas.codec import decode_as, encode
from tests.golden.scenarios import SCENARIOS

FOLDER = Path(__file__).parent / "logs"


def record(name: str) -> None:
    """Write the log of a scenario with the states it folds to."""
    journal = SCENARIOS[name]()
    lines = [
        {"run": commit.run_id, "commit": base64.b64encode(encode(commit)).decode(), "events": _kinds(commit)}
        for commit in journal.commits
    ]
    states = {run_id: dump(state) for run_id, state in sorted(journal.states.items())}
    FOLDER.mkdir(exist_ok=True)
    text = "\n".join(json.dumps(line) for line in [*lines, {"states": states}])
    (FOLDER / f"{name}.jsonl").write_text(text + "\n")


def read(path: Path) -> tuple[list[Commit], dict[str, str]]:
    """Give the commits of a golden log and the states they must fold to."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    commits = [decode_as(Commit, base64.b64decode(line["commit"])) for line in lines[:-1]]
    return commits, lines[-1]["states"]


def folded(commits: list[Commit]) -> dict[str, str]:
    """Give the states the commits fold to, by run id."""
    run_ids = sorted({commit.run_id for commit in commits})
    return {run_id: dump(replay(run_id, [c for c in commits if c.run_id == run_id])) for run_id in run_ids}


def _kinds(commit: Commit) -> list[str]:
    return [type(event).__name__ for event in commit.events]


if __name__ == "__main__":
    for wanted in sys.argv[1:] or sorted(SCENARIOS):
        if (FOLDER / f"{wanted}.jsonl").exists():
            sys.exit(f"{wanted} was recorded before; a golden log is never recorded again")
        record(wanted)
