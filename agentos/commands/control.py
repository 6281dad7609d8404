"""`agentos cancel`, `suspend`, `resume`, `retry` and `skip`: orders to a run.

Exit code 0: done, 2: the run refuses, with its reason, 4: the API could not be reached.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from agentos.api_client import Token, Url, connect
from agentos.options import AsJson, DataDir
from agentos.run_output import json_line, result_of

Run = Annotated[str, typer.Argument(help="Id of the run.")]
Reason = Annotated[str, typer.Option("--reason", help="Why. It is kept in the history of the run.")]
Task = Annotated[str, typer.Option("--task", help="JSON Pointer of the task. Default: the one that faulted the run.")]
Output = Annotated[str, typer.Option("--output", help="JSON text that is taken as the task's output.")]


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    for command in (cancel, suspend, resume, retry, skip):
        app.command(command.__name__)(command)


def cancel(  # noqa: PLR0913  # options of a command line are named, not counted
    run: Run,
    *,
    reason: Reason = "",
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Stop a run for good. Exit code 0: it is cancelled, 2: it cannot be, 4: the API could not be reached."""
    _order((url, token, data_dir), f"{run}/cancel", {"reason": reason}, as_json=as_json)


def suspend(  # noqa: PLR0913
    run: Run,
    *,
    reason: Reason = "",
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Let nothing new start in a run until it is resumed. What is under way may finish and is kept."""
    _order((url, token, data_dir), f"{run}/suspend", {"reason": reason}, as_json=as_json)


def resume(
    run: Run, *, as_json: AsJson = False, url: Url = None, token: Token = None, data_dir: DataDir = None
) -> None:
    """Go on with a suspended run."""
    _order((url, token, data_dir), f"{run}/resume", {}, as_json=as_json)


def retry(  # noqa: PLR0913
    run: Run,
    *,
    task: Task = "",
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Take up a faulted run again at the task that faulted it."""
    _order((url, token, data_dir), f"{run}/tasks/retry", {"path": task}, as_json=as_json)


def skip(  # noqa: PLR0913
    run: Run,
    *,
    output: Output,
    task: Task = "",
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Take an output for the task that faulted a run, or for one that waits for its worker, and go on."""
    try:
        value = json.loads(output)
    except ValueError as error:
        raise typer.BadParameter(f"expected JSON, found {output[:80]!r}: {error}", param_hint="--output") from None
    _order((url, token, data_dir), f"{run}/tasks/skip", {"path": task, "output": value}, as_json=as_json)


def _order(place: tuple[Any, Any, Any], path: str, body: dict[str, Any], *, as_json: bool) -> None:
    found = connect(*place).call("POST", f"/api/v1/runs/{path}", json=body)
    typer.echo(json_line(result_of(found)) if as_json else f"{found['run']} {found['status']}")
