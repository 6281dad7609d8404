"""Events that are passed over without a look send nothing out."""

from __future__ import annotations

from collections import Counter

from engine.events import Event
from engine.react import SILENT, messages_of
from engine.replay import apply, new_state
from tests.golden.logs import FOLDER, read


def test_silent_events_send_nothing_in_any_golden_log() -> None:
    seen: Counter[type[Event]] = Counter()
    for path in FOLDER.glob("*.jsonl"):
        commits, _ = read(path)
        states = {commit.run_id: new_state(commit.run_id) for commit in commits}
        for commit in commits:
            state = states[commit.run_id]
            apply(state, commit)
            for event in commit.events:
                if type(event) in SILENT:
                    assert messages_of(state, event, (commit.seq, commit)) == []
                    seen[type(event)] += 1
    assert set(seen) == SILENT
