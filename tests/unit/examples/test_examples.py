"""The examples, played with scripted results. The end-to-end tests run them on the real stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentos.authoring import expression_check
from language.check import check
from language.document import read
from nodes.registry import load_registry
from testkit import Fails, play

FOLDER = Path(__file__).parents[3] / "examples"
DOCUMENTS = sorted(FOLDER.glob("*/workflow.yaml"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.parent.name)
def test_an_example_has_no_problem(path: Path) -> None:
    known = load_registry(folder=path.parent / "nodes")
    assert check(read(path.read_text()), known, expression_check()) == []


def test_a_node_type_of_ones_own_is_one_short_file_and_no_change_elsewhere() -> None:
    folder = FOLDER / "06-own-node"
    source = (folder / "nodes/count_words.py").read_text()

    assert len(source.splitlines()) <= 30
    assert [path.name for path in (folder / "nodes").glob("*.py")] == ["count_words.py"]
    assert load_registry(folder=folder / "nodes").types["count_words"].origin.endswith("count_words.py")
    assert "count_words" not in load_registry().types
    played = play(folder / "workflow.yaml", {"text": "b b a"}, {"count": {"words": 3, "most": ["b"]}})
    assert played.output == {"answer": '3 words, most often "b"'}


def test_hello_greets_and_shortens_long_names() -> None:
    assert play(FOLDER / "01-hello/workflow.yaml", {"name": "Ada"}).output == {"greeting": "Hello, Ada!", "letters": 3}
    long = play(FOLDER / "01-hello/workflow.yaml", {"name": "Bartholomew"})
    assert long.output == {"greeting": "Hello, Bar…", "letters": 11}
    assert long.path[-1] == "/do/3/shorten"


def test_a_price_that_is_not_there_at_once_is_asked_for_again() -> None:
    order = {"items": [{"name": "tea", "count": 2}, {"name": "cocoa", "count": 1}]}
    played = play(
        FOLDER / "02-call-a-service/workflow.yaml", order, {"ask": ({"price": 4.5}, Fails(status=503), {"price": 6})}
    )
    assert played.output == {"total": 15, "text": "2 items, 15 EUR"}
    assert [arguments["endpoint"] for _, arguments in played.calls] == [
        "http://127.0.0.1:8500/prices/tea",
        "http://127.0.0.1:8500/prices/cocoa",
        "http://127.0.0.1:8500/prices/cocoa",
    ]


def test_a_reminder_comes_after_the_wait() -> None:
    played = play(FOLDER / "03-wait-and-branch/workflow.yaml", {"name": "Ada"})
    assert played.output == {"reminder": "Do not forget, Ada", "confirmation": "Thank you, Ada"}
    assert played.state.ended_at_ms - played.state.started_at_ms == 2000


@pytest.mark.parametrize(
    ("amount", "output"),
    [(10, {"accepted": True, "amount": 10}), (5000, {"accepted": False, "reason": "5000 is more than 1000"})],
)
def test_what_is_too_large_is_refused_and_recorded(amount: int, output: object) -> None:
    played = play(FOLDER / "04-handle-errors/workflow.yaml", {"amount": amount}, {"record": None})
    assert played.output == output
    assert played.calls == [("/do/0/guarded/finally/0/record", {"message": f"checked {amount}"})]


def test_an_agent_looks_the_order_up_and_answers_by_its_schema() -> None:
    results = {"find_order": {"state": "late", "days": 4}}
    played = play(FOLDER / "05-agent/workflow.yaml", {"question": "Where is order 7?"}, results)
    assert played.output == {"reply": "Your parcel is 4 days late, we are sorry.", "late": True, "turns": 2}
    (called,) = [arguments for at, arguments in played.calls if at.endswith("/find_order")]
    assert called["variables"] == {"number": 7}
