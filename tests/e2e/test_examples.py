"""The examples on the real stack, with the words of the README."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import ROOT, Agentos
from tests.eventually import eventually


@pytest.fixture
def prices() -> Iterator[str]:
    """Address of the example's price service."""
    command = [sys.executable, "examples/02-call-a-service/service.py", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    line = process.stdout.readline()
    yield line.split()[-1].removesuffix("/prices/tea")
    process.terminate()
    process.wait(10)


def test_hello_completes_and_can_be_read_again(agentos: Agentos) -> None:
    code, lines = agentos.follow("01-hello", {"name": "Ada"})

    assert code == 0
    assert [line["task"] for line in lines[:-1] if line["type"] == "TaskCompleted"] == [
        "/do/0/greet",
        "/do/1/measure",
        "/do/2/choose",
    ]
    assert lines[-1] == {
        "run": lines[-1]["run"],
        "status": "completed",
        "output": {"greeting": "Hello, Ada!", "letters": 3},
        "error": None,
    }
    shown = agentos.run("show", lines[-1]["run"])
    assert (shown.returncode, "Hello, Ada!" in shown.stdout) == (0, True)
    assert lines[-1]["run"] in agentos.run("runs").stdout


def test_input_that_does_not_fit_faults_with_exit_code_1(agentos: Agentos) -> None:
    code, lines = agentos.follow("01-hello", {})
    assert (code, lines[-1]["status"]) == (1, "faulted")
    assert lines[-1]["error"]["type"].endswith("/errors/validation")


def test_a_real_service_is_called_and_asked_again_when_it_is_unavailable(agentos: Agentos, prices: str) -> None:
    items = [{"name": "tea", "count": 2}, {"name": "cocoa", "count": 1}, {"name": "coffee", "count": 3}]
    code, lines = agentos.follow("02-call-a-service", {"items": items, "service": prices})
    assert (code, lines[-1]["output"]) == (0, {"total": 36.75, "text": "3 items, 36.75 EUR"})
    assert "TaskRetried" in [line.get("type") for line in lines]


def test_a_timer_fires_on_the_real_stack(agentos: Agentos) -> None:
    code, lines = agentos.follow("03-wait-and-branch", {"name": "Ada"})
    assert code == 0
    assert lines[-1]["output"] == {"reminder": "Do not forget, Ada", "confirmation": "Thank you, Ada"}


def test_an_error_is_caught_and_finally_calls_a_node(agentos: Agentos) -> None:
    code, lines = agentos.follow("04-handle-errors", {"amount": 5000})
    assert (code, lines[-1]["output"]) == (0, {"accepted": False, "reason": "5000 is more than 1000"})


def test_a_document_with_mistakes_is_refused_with_places_and_exit_code_2(agentos: Agentos, tmp_path: object) -> None:
    path = ROOT.joinpath(str(tmp_path), "bad.yaml")
    path.write_text("document: {dsl: '1.0.3', namespace: a, name: b, version: '1.0.0'}\ndo:\n  - x: {foo: 1}\n")
    done = agentos.run("run", str(path))
    assert done.returncode == 2
    assert "3:" in done.stdout + done.stderr
    assert "foo" in done.stdout + done.stderr


def test_postgres_holds_what_the_log_says(agentos: Agentos) -> None:
    agentos.follow("01-hello", {"name": "Grace"})
    verified = agentos.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_faulted_run_is_taken_up_again_with_a_given_output(agentos: Agentos) -> None:
    code, lines = agentos.follow(
        "02-call-a-service", {"items": [{"name": "tea", "count": 1}], "service": "http://10.0.0.1"}
    )
    run = lines[-1]["run"]
    assert (code, lines[-1]["error"]["status"]) == (1, 403)

    refused = agentos.run("resume", run)
    skipped = agentos.run("skip", run, "--output", '{"total": 4.5, "items": [1]}')

    assert (refused.returncode, "faulted" in refused.stdout + refused.stderr) == (2, True)
    assert skipped.returncode == 0, skipped.stderr
    eventually(lambda: '"1 items, 4.5 EUR"' in agentos.run("show", run, "--json").stdout, within_s=30)


def test_a_node_type_in_one_file_is_there_for_lint_api_and_worker(agentos: Agentos) -> None:
    code, lines = agentos.follow("06-own-node", {"text": "to be or not to be"})

    assert code == 0
    assert lines[-1]["output"] == {"answer": '6 words, most often "to"'}


def test_an_agent_calls_its_tool_and_every_call_can_be_read_again(agentos: Agentos) -> None:
    code, lines = agentos.follow("05-agent", {"question": "Where is order 7?"})

    assert code == 0
    assert lines[-1]["output"] == {"reply": "Your parcel is 4 days late, we are sorry.", "late": True, "turns": 2}
    begun = [line["type"] for line in lines[:-1]]
    assert begun.count("TurnStarted") == 2
    assert begun.count("ToolCalled") == 1
    shown = agentos.run("show", lines[-1]["run"])
    assert "turns@1/tools@1/0/find_order" in shown.stdout
