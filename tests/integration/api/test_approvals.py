"""An approval on a real Kafka and Postgres: asked, found in the inbox, decided, and proven by a receipt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.eventually import eventually
from tests.integration.api.system import System

ASK = """document: {dsl: '1.0.3', namespace: cli, name: ask, version: '1.0.0'}
do:
  - ask:
      call: human_approval
      with:
        title: ${ "Pay \\(.amount) EUR?" }
        form: {type: object, required: [note], properties: {note: {type: string}}}
        deadline: {hours: 1}
        onTimeout: reject
"""


def test_an_approval_is_decided_from_the_terminal_and_proven_without_a_server(system: System) -> None:
    file = system.write("ask.yaml", ASK)
    started = system.agentos("run", str(file), "--input", '{"amount": 12}', "--no-wait", "--json")
    run = json.loads(started.stdout.splitlines()[-1])["run"]

    def waiting() -> Any:
        page = system.client().get("/api/v1/approvals", params={"run": run}).json()
        return page["items"] and page["items"][0]

    found = eventually(waiting)
    listed = system.agentos("approvals")
    bad = system.agentos("approvals", "approve", found["id"], "--data", '{"note": 3}')
    done = system.agentos("approvals", "approve", found["id"], "--data", '{"note": "ok"}', "--comment", "fine")
    late = system.agentos("approvals", "reject", found["id"])
    eventually(lambda: system.client().get(f"/api/v1/runs/{run}").json()["status"] == "completed")

    assert "Pay 12 EUR?" in listed.stdout
    assert (bad.returncode, "/note" in bad.stderr) == (2, True)
    assert (done.returncode, done.stdout.strip()) == (0, f"{found['id']}: approved")
    assert (late.returncode, "approved by admin at" in late.stderr) == (2, True)

    def stored() -> Any:
        page = system.client().get("/api/v1/approvals", params={"run": run, "status": "approved"}).json()
        return page["items"] and page["items"][0]["decided_by"] == "admin"

    eventually(stored)
    receipt = system.folder / "receipt.json"
    written = system.agentos("receipt", run, "/do/0/ask", "--output", str(receipt))
    checked = system.agentos("receipt", "verify", str(receipt), without="KAFKA_BOOTSTRAP_SERVERS")
    assert (written.returncode, written.stderr.startswith("Wrote")) == (0, True)
    assert checked.returncode == 0
    assert "approved by admin" in checked.stdout
    assert "Pay 12 EUR?" in checked.stdout
    check_forged(system, receipt)


def check_forged(system: System, receipt: Path) -> None:
    """Check that a changed receipt proves nothing."""
    forged = json.loads(receipt.read_text())
    forged["decisions"][0]["by"] = "eve"
    receipt.write_text(json.dumps(forged))
    refused = system.agentos("receipt", "verify", str(receipt))
    assert (refused.returncode, "is not what its commits say" in refused.stderr) == (1, True)
