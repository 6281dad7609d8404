"""Released histories fold to the same state for ever, and every kind of event is in one of them."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from engine.events import Event
from tests.golden.logs import FOLDER, folded, read

LOGS = sorted(FOLDER.glob("*.jsonl"))


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_golden_log_folds_to_the_state_it_always_had(path: Path) -> None:
    commits, states = read(path)
    assert folded(commits) == states


def test_every_kind_of_event_is_in_a_golden_log() -> None:
    seen = {type(event) for path in LOGS for commit in read(path)[0] for event in commit.events}
    missing = sorted(kind.__name__ for kind in get_args(Event) if kind not in seen)
    assert missing == [], "record a scenario that has them: python -m tests.golden.logs NAME"
