"""Agents for tests: the `with` of one agent, as JSON values, and what its log says."""

from __future__ import annotations

import json
from typing import Any

from engine import events as e
from testkit import Play, play

LOOK = {"node": "look", "parameters": {"type": "object", "required": ["at"]}}


def document(name: str = "main", timeout: str | None = None, **with_: Any) -> str:
    """Give a document with one agent, `ask`."""
    task = {"call": "agent", "with": {"provider": "scripted", "model": "m", "prompt": "go", **with_}}
    whole: dict[str, Any] = {
        "document": {"dsl": "1.0.3", "namespace": "test", "name": name, "version": "1.0.0"},
        "do": [{"ask": task | ({"timeout": {"after": timeout}} if timeout else {})}],
    }
    return json.dumps(whole, indent=1)


def ask(results: dict[str, Any], given: Any = None, workflows: tuple[str, ...] = (), **with_: Any) -> Play:
    """Play a document with one agent."""
    return play(document(**with_), given, results, workflows=workflows)


def requests(played: Play) -> list[dict[str, Any]]:
    """Give what each model call was given."""
    return [arguments for at, arguments in played.calls if at.endswith("/turns/0/model")]


def told(played: Play, turn: int) -> list[Any]:
    """Give the texts of the tool results that the model call of a turn was given."""
    said = requests(played)[turn - 1]["messages"]
    return [message["content"][0]["text"] for message in said if message["role"] == "tool"]


def events_of(played: Play, kind: type[e.Event]) -> list[Any]:
    """Give the run's events of a kind."""
    return [event for event in played.events if isinstance(event, kind)]
