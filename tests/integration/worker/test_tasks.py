from __future__ import annotations

import json
import time
from typing import Any

from engine.commands import CompleteTask, FailTask
from schemas.codec import encode
from schemas.topics import COMMANDS
from tests.eventually import eventually
from tests.integration.worker.bus import Bus, task


def probe(bus: Bus, gate: str = "", **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"ledger": str(bus.ledger)} | more
    return given | ({"gate": str(bus.folder / gate)} if gate else {})


def problem(body: Any) -> dict[str, Any]:
    assert isinstance(body, FailTask)
    found: dict[str, Any] = json.loads(body.error)
    return found


def test_a_result_is_a_command_to_the_run_with_the_runs_key(shared: Bus) -> None:
    runs = [f"echo-{number}" for number in range(50)]
    shared.send("echo", runs, {"é": [1, 2.5, None]})

    assert shared.outputs(*runs) == [{"é": [1, 2.5, None]}] * 50
    command = next(command for command in shared.commands() if command.run_id == "echo-7")
    assert command.actor.startswith("worker:")
    assert command.command_id == "echo-7/do/0/step/1/result"
    assert isinstance(command.body, CompleteTask)
    keys = {message.key() for message in shared.raw(COMMANDS.full_name(shared.prefix))}
    assert {run.encode() for run in runs} <= keys


def test_many_tasks_run_at_once(shared: Bus) -> None:
    runs = [f"many-{number}" for number in range(300)]
    shared.send("probe", runs, probe(shared, "many"))
    eventually(lambda: shared.noted("start", "many-") == 300, within_s=30)

    assert shared.noted("end", "many-") == 0
    (shared.folder / "many").touch()
    shared.results(*runs)


def test_a_cancelled_task_stops_and_reports_nothing(shared: Bus) -> None:
    shared.send("probe", ["cancelled-1"], probe(shared, "never"))
    eventually(lambda: shared.noted("start", "cancelled-1"), within_s=30)
    shared.cancel("probe", "cancelled-1")
    eventually(lambda: shared.noted("cancelled", "cancelled-1"))
    shared.send("probe", ["cancelled-2"], probe(shared))

    shared.results("cancelled-2")
    assert [command for command in shared.commands() if command.run_id == "cancelled-1"] == []


def test_a_task_ends_at_its_deadline(shared: Bus) -> None:
    shared.send("probe", ["late"], probe(shared, "never"), deadline_ms=int(time.time() * 1000) + 1500)
    error = problem(shared.results("late")["late"])

    assert (error["type"].rsplit("/")[-1], error["status"]) == ("timeout", 408)
    eventually(lambda: shared.noted("cancelled", "late"))


def test_a_task_whose_deadline_is_over_is_not_begun(shared: Bus) -> None:
    shared.send("probe", ["over"], probe(shared), deadline_ms=1)

    assert problem(shared.results("over")["over"])["status"] == 408
    assert shared.noted("start", "over") == 0


def test_a_record_that_is_no_task_goes_to_the_dead_letters_and_holds_nothing_up(shared: Bus) -> None:
    shared.put("echo", "junk", b"no record of ours", partition=0)
    shared.put("echo", "junk", None, partition=1)
    shared.put("echo", "junk", encode(shared.commands()[0]) if shared.commands() else b"\0\0\0\0\1", partition=1)
    runs = [f"after-junk-{number}" for number in range(10)]
    shared.send("echo", runs, 1)

    shared.results(*runs)
    letters = eventually(lambda: found if len(found := shared.dead_letters()) >= 3 else None)
    assert letters is not None
    assert {letter.stage for letter in letters} == {"nodes"}
    assert b"no record of ours" in {letter.record_value for letter in letters}
    assert {letter.topic for letter in letters} == {shared.topic("echo")}


def test_whatever_a_node_does_its_task_fails_and_the_worker_goes_on(shared: Bus) -> None:
    shared.send("probe", ["fails"], probe(shared, fault="surrogate"))
    shared.send("probe", ["exits"], probe(shared, fault="exit"))
    shared.send("probe", ["cancels"], probe(shared, fault="cancel"))
    shared.send("probe", ["misfits"], {"gate": 5})
    shared.send("probe", ["huge"], probe(shared, output="x" * 3000))
    shared.put("probe", "unknown", encode(task("unheard-of", "unknown", {})))
    found = shared.results("fails", "exits", "cancels", "misfits", "huge", "unknown")
    told = {run: problem(body)["detail"] for run, body in found.items()}

    assert "RuntimeError: no such luck" in told["fails"]
    assert "SystemExit: 7" in told["exits"]
    assert "cancelled itself" in told["cancels"]
    assert "/ledger: Field required" in told["misfits"]
    assert "at most 2000 bytes, found 3002" in told["huge"]
    assert "found 'unheard-of'" in told["unknown"]
    assert [worker.poll() for worker in shared.workers] == [None]


def test_secrets_are_filled_in_by_the_worker_and_blacked_out_of_what_it_writes(shared: Bus) -> None:
    parts = [
        {"pointer": "/output/header", "source": '"Bearer " + $secrets.token', "input": "[null, {}]"},
        {"pointer": "/output/password", "source": "$secrets.SHOP.password", "input": '[{"a": 1}, {}]'},
    ]
    given = probe(shared, output={"header": None, "password": None, "plain": "kept"}, secret="token")
    shared.send("probe", ["secretive"], given, secret_expressions=json.dumps(parts))
    given = probe(shared, output={"header": None, "password": None, "plain": "kept"})
    shared.send("probe", ["leaky"], given, secret_expressions=json.dumps(parts))

    assert shared.outputs("secretive", "leaky") == [
        "***",
        {"header": "Bearer ***", "password": "***", "plain": "kept"},
    ]
    eventually(lambda: any(piece.text == "told ***" for piece in shared.progress()))
    everything = [
        *(message.value() for message in shared.raw(COMMANDS.full_name(shared.prefix))),
        *(piece.text.encode() for piece in shared.progress()),
        *(log.read_bytes() for log in shared.folder.glob("*.log")),
    ]
    assert [value for value in everything if b"planted" in value or b"pl4nted" in value] == []


def test_a_missing_secret_is_named(shared: Bus) -> None:
    parts = [{"pointer": "/output", "source": "$secrets.unknownOne", "input": "[null, {}]"}]
    shared.send("probe", ["no-secret"], probe(shared, output=None), secret_expressions=json.dumps(parts))

    assert "'unknownOne'" in problem(shared.results("no-secret")["no-secret"])["detail"]


def test_expressions_that_are_not_bounded_are_evaluated_in_other_processes(shared: Bus) -> None:
    shared.send("expression", ["counts"], {"source": "[range(.[0].n)] | add", "input": '{"n": 100}'})
    shared.send("expression", ["sums"], {"source": "[range(.n)] | add", "input": '{"n": 100}'})
    shared.send("expression", ["loops"], {"source": "def f: f; f", "input": "null"})
    found = shared.results("counts", "sums", "loops")

    assert isinstance(found["sums"], CompleteTask)
    assert found["sums"].output == "4950"
    assert problem(found["counts"])["type"].endswith("/expression")
    assert "longer than the limit" in problem(found["loops"])["detail"]


def test_data_that_is_large_to_validate_is_validated_in_another_process(shared: Bus) -> None:
    schema = json.dumps({"type": "array", "items": {"type": "integer"}})
    shared.send("expression", ["fits"], {"schema": schema, "input": json.dumps([1] * 20_000)})
    shared.send("expression", ["breaks"], {"schema": schema, "input": json.dumps([1, "x"])})
    found = shared.results("fits", "breaks")

    assert isinstance(found["fits"], CompleteTask)
    assert found["fits"].output == "[]"
    assert isinstance(found["breaks"], CompleteTask)
    assert "must be a whole number" in found["breaks"].output
