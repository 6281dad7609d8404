"""A worker that watches a folder serves what is put there, as it is now, without a restart."""

from __future__ import annotations

from pathlib import Path

from tests.eventually import eventually
from tests.integration.worker.bus import Bus

SOURCE = '''
from pydantic import BaseModel


class Greet:
    """Greets."""

    name = "greet"
    version = "1.0.0"

    class With(BaseModel):
        who: str

    async def run(self, with_, ctx) -> str:
        return "Hello " + with_.who
'''


def test_node_types_come_change_break_and_are_mended_while_the_worker_runs(bus: Bus, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    worker = bus.start("", AGENTOS_NODES_DIR=str(folder))
    told(bus, "health on")
    bus.send("echo", ["before"], {"n": 1})
    assert bus.outputs("before") == [{"n": 1}]

    (folder / "greet.py").write_text(SOURCE)
    told(bus, "node type greet is served")
    bus.send("greet", ["first"], {"who": "Anna"})
    assert bus.outputs("first") == ["Hello Anna"]

    (folder / "greet.py").write_text(SOURCE.replace("Hello", "Goodbye"))
    told(bus, "node type greet is served", times=2)
    bus.send("greet", ["second"], {"who": "Anna"})
    assert bus.outputs("second") == ["Goodbye Anna"]

    (folder / "greet.py").write_text("this is no python")
    told(bus, "node type greet disabled")
    bus.send("greet", ["third"], {"who": "Anna"})
    bus.send("echo", ["other"], {"n": 2})
    broken, other = bus.outputs("third", "other")
    assert "the node type 'greet' is disabled: file" in broken.error
    assert "SyntaxError" in broken.error
    assert other == {"n": 2}

    (folder / "greet.py").write_text(SOURCE)
    told(bus, "node type greet is served", times=3)
    bus.send("greet", ["fourth"], {"who": "Ben"})
    assert bus.outputs("fourth") == ["Hello Ben"]
    assert worker.poll() is None


def told(bus: Bus, text: str, times: int = 1) -> None:
    """Wait until the worker said something so many times."""
    log = bus.folder / "worker-0.log"
    eventually(lambda: log.read_text().count(text) >= times, within_s=30)
