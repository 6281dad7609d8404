"""A run as one file: everything in it, nothing that must not leave, and the same state without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentos.cli import app
from agentos.stepping import Steps
from engine.events import Commit
from engine.replay import replay
from engine.snapshot import state_hash
from schemas.bundle import read_bundle
from schemas.codec import MalformedRecord
from tests.unit.api.fake_world import ApiWorld
from tests.unit.api.test_runs import WAITS, publish, start
from tests.unit.api.workflows import GREET

MARKED = GREET.replace(
    "do:",
    """input:
  schema:
    document:
      type: object
      properties: {iban: {type: string, writeOnly: true}, name: {type: string}}
do:""",
    1,
)


async def bundled(world: ApiWorld, text: str, data: object) -> tuple[str, bytes]:
    async with world.client() as client:
        await publish(client, text)
        run = (await start(client, "greet", WAITS, input=data)).json()["run"]
        answer = await client.get(f"/api/v1/runs/{run}/bundle")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="run-{run}.avro"'
    return run, answer.content


async def test_a_bundle_has_the_whole_run_and_its_definition(world: ApiWorld) -> None:
    run, data = await bundled(world, GREET, {"a": 1})
    bundle = read_bundle(data)
    commits = world.log.commits(run)
    assert [entry.commit for entry in bundle.commits] == commits
    assert bundle.definition is not None
    assert bundle.definition.text == GREET
    assert [json.loads(text)["name"] for text in bundle.header.schemas] == ["Commit", "Definition"]
    whole = state_hash(replay(run, commits))
    assert (bundle.header.state_hash, bundle.header.log_state_hash, bundle.header.redacted) == (whole, whole, 0)


async def test_secret_and_marked_fields_are_blacked_out_wherever_their_values_turn_up(world: ApiWorld) -> None:
    given = {
        "iban": "DE02-1234",
        "name": "pay DE02-1234",
        "db": {"password": "hunter22"},
        "note": "see hunter22",
    }
    run, data = await bundled(world, MARKED, given)
    bundle = read_bundle(data)
    everything = b"".join(repr(entry).encode() for entry in bundle.commits)
    assert b"DE02" not in everything
    assert b"hunter22" not in everything
    assert bundle.header.redacted >= 4
    assert bundle.header.state_hash != bundle.header.log_state_hash
    assert bundle.header.log_state_hash == state_hash(replay(run, world.log.commits(run)))
    assert Steps(bundle).is_as_made()


async def test_steps_go_forwards_and_backwards_to_the_same_states(world: ApiWorld, tmp_path: Path) -> None:
    run, data = await bundled(world, GREET, {"a": 1})
    steps = Steps(read_bundle(data))
    forwards = [state_hash(steps.state(seq)) for seq in range(1, steps.last + 1)]
    backwards = [state_hash(steps.state(seq)) for seq in range(steps.last, 0, -1)]
    assert forwards == backwards[::-1]
    commits: list[Commit] = world.log.commits(run)
    assert forwards[-1] == state_hash(replay(run, commits))

    file = tmp_path / "run.avro"
    file.write_bytes(data)
    runner = CliRunner()
    printed = runner.invoke(app, ["open", str(file), "--json"])
    one = runner.invoke(app, ["open", str(file), "--at", "1"])
    text = runner.invoke(app, ["open", str(file)])
    beyond = runner.invoke(app, ["open", str(file), "--at", "99"])
    assert [json.loads(line)["hash"] for line in printed.stdout.splitlines()] == forwards
    assert json.loads(one.stdout)["hash"] == forwards[0]
    assert (printed.exit_code, one.exit_code, text.exit_code, beyond.exit_code) == (0, 0, 0, 2)
    assert forwards[-1] in text.stdout


async def test_what_is_no_bundle_is_refused(world: ApiWorld, tmp_path: Path) -> None:
    _, data = await bundled(world, GREET, {})
    for bad in (b"", b"Obj\x01junk", data[: len(data) // 2], data[:-20]):
        with pytest.raises(MalformedRecord):
            read_bundle(bad)
    file = tmp_path / "bad.avro"
    file.write_bytes(b"nothing")
    assert CliRunner().invoke(app, ["open", str(file)]).exit_code == 2
    async with world.client() as client:
        assert (await client.get("/api/v1/runs/nobody/bundle")).status_code == 404
