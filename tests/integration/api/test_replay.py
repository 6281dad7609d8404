"""Records of the log fed again to a function, and printed."""

from __future__ import annotations

from tests.integration.api.system import System
from tests.integration.api.test_command_line import lines
from tests.integration.api.test_log import greeted

CONSUMER = """
from pathlib import Path

def take(record):
    with Path("fed.txt").open("a") as file:
        file.write(f"{record.partition}:{record.offset} {type(record.decoded()).__name__}\\n")

async def fail(record):
    if record.offset == STOP:
        raise RuntimeError("no more")
"""


def test_records_are_fed_to_a_function_from_a_place_on(system: System) -> None:
    run = greeted(system, 5)
    item = system.client().get("/api/v1/log", params={"run": run}).json()["items"][0]
    at = f"{item['partition']}:{item['offset']}"
    system.write("consumer_of_test.py", CONSUMER.replace("STOP", str(item["offset"])))
    end = ("--to", str(item["offset"]))
    fed = system.agentos("replay", "--from", f"events:{at}", *end, "--call", "consumer_of_test:take")
    printed = system.agentos("replay", "--from", f"events:*:{item['at']}")
    failed = system.agentos("replay", "--from", f"events:{at}", *end, "--call", "consumer_of_test:fail")
    outside = system.agentos("replay", "--from", f"events:{item['partition']}:99999999")

    assert (fed.returncode, fed.stderr) == (0, "1 records were fed\n")
    assert (system.folder / "fed.txt").read_text() == f"{at} Commit\n"
    assert run in {line["key"] for line in lines(printed.stdout)}
    assert (failed.returncode, outside.returncode) == (1, 2)
    assert "no more" in failed.stderr
    assert "holds the offsets" in " ".join(outside.stderr.split())
