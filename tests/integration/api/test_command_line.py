"""The command line against a whole AgentOS."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from tests.eventually import eventually
from tests.integration.api.system import System

GREET = """document: {dsl: '1.0.3', namespace: cli, name: greet, version: '1.0.0'}
do:
  - one:
      set: {n: '${ (.n // 1) + 1 }'}
  - two:
      set: {text: '${ "n is \\(.n)" }'}
"""
BREAK = """document: {dsl: '1.0.3', namespace: cli, name: break, version: '1.0.0'}
do:
  - fail:
      raise:
        error: {type: 'https://example.com/errors/sold-out', status: 409, title: Sold out}
"""
PAUSE = """document: {dsl: '1.0.3', namespace: cli, name: pause, version: '1.0.0'}
do:
  - first:
      set: {message: hello}
  - rest:
      wait: {seconds: 4}
  - last:
      set: {message: bye}
"""
SLEEP = PAUSE.replace("seconds: 4", "hours: 1").replace("pause", "sleep")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_run_prints_one_object_a_line_and_its_result_last(system: System) -> None:
    file = system.write("greet.yaml", GREET)
    done = system.agentos("run", str(file), "--input", '{"n": 4}', "--json")

    *events, last = lines(done.stdout)
    run = last["run"]
    assert (done.returncode, done.stderr) == (0, "")
    assert last == {"run": run, "status": "completed", "output": {"text": "n is 5"}, "error": None}
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {event["run"] for event in events} == {run}
    assert {event["task"] for event in events} >= {"", "/do/0/one", "/do/1/two"}


def test_the_exit_code_says_how_it_ended(system: System) -> None:
    broken = system.agentos("run", str(system.write("break.yaml", BREAK)), "--json")
    invalid = system.agentos("run", str(system.write("invalid.yaml", GREET.replace("set:", "sett:"))))
    no_json = system.agentos("run", str(system.write("greet.yaml", GREET)), "--input", "{")
    no_file = system.agentos("run", "nothing.yaml")
    changed = system.agentos("run", str(system.write("changed.yaml", GREET + "  - more:\n      set: {a: 1}\n")))
    no_token = system.agentos("runs", "--token", "wrong")
    nobody = system.agentos("runs", "--url", "http://127.0.0.1:9")

    assert broken.returncode == 1
    assert lines(broken.stdout)[-1]["status"] == "faulted"
    assert lines(broken.stdout)[-1]["error"]["title"] == "Sold out"
    codes = [done.returncode for done in (invalid, no_json, no_file, changed, no_token, nobody)]
    assert codes == [2, 2, 2, 2, 2, 4]
    assert "4:7:" in invalid.stderr
    assert "higher version" in changed.stderr


def test_cancelling_a_run_ends_whoever_follows_it_with_3(system: System) -> None:
    following = system.command("run", str(system.write("sleep.yaml", SLEEP)), "--json")
    assert following.stdout is not None
    run = json.loads(following.stdout.readline())["run"]
    cancelled = system.agentos("cancel", run, "--reason", "enough")
    out = following.stdout.read()
    following.wait(10)
    again = system.agentos("cancel", run)

    assert (cancelled.returncode, following.returncode, again.returncode) == (0, 3, 2)
    assert lines(out)[-1]["status"] == "cancelled"
    assert "the run is cancelled" in again.stderr


def test_ctrl_c_stops_watching_and_says_how_to_cancel(system: System) -> None:
    following = system.command("run", str(system.write("sleep.yaml", SLEEP)), "--json")
    assert following.stdout is not None
    run = json.loads(following.stdout.readline())["run"]
    following.send_signal(signal.SIGINT)
    _, said = following.communicate(timeout=30)
    shown = system.agentos("show", run, "--json")

    assert following.returncode == 130
    assert f"agentos cancel {run}" in said
    assert lines(shown.stdout)[0]["status"] == "waiting"
    assert system.agentos("cancel", run).returncode == 0


def test_who_follows_does_not_notice_that_the_api_was_killed(system: System) -> None:
    following = system.command("run", str(system.write("pause.yaml", PAUSE)), "--json")
    assert following.stdout is not None
    first = following.stdout.readline()
    system.api.end(signal.SIGKILL)
    system.api.start()
    out = following.stdout.read()
    system.api.wait_until_ready()
    following.wait(10)

    *events, last = [json.loads(first), *lines(out)]
    assert following.returncode == 0
    assert last["output"] == {"message": "bye"}
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_runs_are_listed_shown_and_published(system: System) -> None:
    file = system.write("listed.yaml", GREET.replace("greet", "listed"))
    published = system.agentos("publish", str(file))
    run = system.agentos("run", str(file), "--no-wait").stdout.strip()
    listed = eventually(lambda: finished(system, run), within_s=10)
    shown = system.agentos("show", run)
    state = system.agentos("show", run, "--state")
    table = system.agentos("runs", "--limit", "1")

    assert published.stdout.strip() == "cli/listed:1.0.0"
    assert listed is not None
    assert listed["workflow"] == {"namespace": "cli", "name": "listed", "version": "1.0.0"}
    assert "RunCompleted" in shown.stdout
    assert json.loads(state.stdout)["status"] == "completed"
    assert table.returncode == 0
    assert "--cursor" in table.stdout


def finished(system: System, run: str) -> dict[str, Any] | None:
    found = lines(system.agentos("runs", "--workflow", "cli/listed", "--status", "completed", "--json").stdout)
    return next((each for each in found if each.get("run") == run), None)


@pytest.mark.parametrize("hostile", ["\x1b]0;owned\x07", "[bold]x[/bold]", "\u202etxt", "\x9b31m"])
def test_hostile_texts_are_only_shown(system: System, hostile: str) -> None:
    file = system.write("greet.yaml", GREET)
    done = system.agentos("run", str(file), "--input", json.dumps({"n": 1, "x": hostile}))
    assert done.returncode == 0
    assert "\x1b]" not in done.stdout
    assert "\x07" not in done.stdout
    assert "\x9b" not in done.stdout


def test_a_stack_that_does_not_run_is_named(system: System) -> None:
    missing = system.folder / "nowhere"
    done = system.agentos("runs", "--data-dir", str(missing), without="AGENTOS_URL")
    assert done.returncode == 4
    assert f"Expected a running stack in {missing}" in done.stderr
