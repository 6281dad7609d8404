"""`agentos receipt RUN TASK` writes what proves a decision; `agentos receipt verify FILE` checks it without servers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agentos.options import AsJson, DataDir, settings_for
from agentos.run_output import shown
from agentos.running import with_running_stores

FAILED = 1
VERIFY = "verify"
Run = Annotated[str, typer.Argument(help="Id of the run, or `verify`.")]
Task = Annotated[str, typer.Argument(help="Path of the task, such as /do/2/approve; after `verify` the file.")]
Output = Annotated[Path | None, typer.Option("--output", help="File to write. Default: standard output.")]
Links = Annotated[int, typer.Option(min=0, max=10_000, help="Commits after the decision to take along.")]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("receipt")(receipt)


def receipt(  # noqa: PLR0913  # options of a command line are named, not counted
    run: Run, task: Task, *, output: Output = None, links: Links = 20, as_json: AsJson = False, data_dir: DataDir = None
) -> None:
    """Write the receipt of a decision: the commits of the log that hold it. `agentos receipt verify FILE` checks one.

    Exit code 0: written, or it proves what it says; 1: it does not; 2: there is no such decision.
    """
    if run == VERIFY:
        _verify(Path(task), as_json=as_json)
        return
    text = json.dumps(_made(run, task, links, data_dir), indent=1, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
        typer.echo(f"Wrote {output}; anybody can check it: agentos receipt verify {output}", err=True)


def _made(run: str, task: str, links: int, data_dir: Path | None) -> dict[str, object]:
    from infra.event_log import EventLog
    from infra.kafka import kafka_connection
    from infra.receipts import receipt_of
    from schemas.topics import EVENTS

    settings = with_running_stores(settings_for(data_dir))
    log = EventLog(kafka_connection(settings.kafka), EVENTS.full_name(settings.kafka.topic_prefix))
    return receipt_of(log, run, task, links)


def _verify(file: Path, *, as_json: bool) -> None:
    """Check a file and say what it proves."""
    from schemas.receipts import InvalidReceipt, verify_receipt

    console = Console(highlight=False, markup=False, soft_wrap=True)
    try:
        proven = verify_receipt(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, InvalidReceipt | OSError) else f"expected JSON, found {error}"
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"agentos: {shown(reason)}")
        raise typer.Exit(FAILED) from None
    if as_json:
        typer.echo(json.dumps({"decision": proven.decision, "decisions": list(proven.decisions), "head": proven.head}))
        return
    console.print(shown(f"Run {proven.run_id}, approval {proven.approval_id}: {proven.decision}"))
    for decision in proven.decisions:
        where = f", {decision['channel']} {decision['origin']}".rstrip() if "channel" in decision else ""
        console.print(shown(f"  {decision['decision']} by {decision['by'] or 'nobody'} at {decision['at']}{where}"))
    console.print(shown(f"  shown: {proven.shown['title']} (SHA-256 {proven.shown_digest})"))
    console.print(f"  {proven.followed_by} commits follow it in the chain; the last has the digest {proven.head}")
