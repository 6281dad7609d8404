"""`agentos fork`, `rewind`, `migrate` and `compare`: runs that go on from another, or follow another version.

Exit code 0: done, 2: refused, with the reason and what would be right, 4: the API could not be reached.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from agentos.api_client import Token, Url, connect
from agentos.commands.run import input_of
from agentos.options import AsJson, DataDir
from agentos.run_output import json_line, result_of

MISUSE, CONFLICTS = 2, 1

Run = Annotated[str | None, typer.Argument(help="Id of the run. Leave it out with --query.")]
At = Annotated[int | None, typer.Option("--at", min=1, help="Event after which it goes on. Default: the newest.")]
Task = Annotated[str | None, typer.Option("--task", help="Instead of --at: where this task began last.")]
Input = Annotated[str | None, typer.Option("--input", "-i", help="Other workflow input: JSON, or @FILE.")]
Context = Annotated[str | None, typer.Option("--context", help="Other context: JSON, or @FILE.")]
Outputs = Annotated[list[str] | None, typer.Option("--output", help="TASK=JSON: what a task gives. May be repeated.")]
To = Annotated[
    str | None,
    typer.Option("--definition", help="Definition to go on with, `namespace/name:version`."),
]
Maps = Annotated[
    list[str] | None, typer.Option("--map", help="OLD=NEW: where a task is in that definition. May be repeated.")
]
Mode = Annotated[
    str, typer.Option("--mode", help="live; reuse: recorded results where the input is the same; stub: no effects.")
]
Query = Annotated[
    list[str] | None,
    typer.Option("--query", help="NAME=VALUE, as the API filters runs (status, name, version, …). May be repeated."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    for command in (fork, rewind, migrate, compare):
        app.command(command.__name__)(command)


def fork(  # noqa: PLR0913  # options of a command line are named, not counted
    run: Run = None,
    *,
    at: At = None,
    task: Task = None,
    given: Input = None,
    context: Context = None,
    output: Outputs = None,
    definition: To = None,
    mapping: Maps = None,
    mode: Mode = "live",
    preview: Annotated[bool, typer.Option("--preview", help="Only tell what it would do, and what that took.")] = False,
    query: Query = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="With --query: at most so many runs.")] = 100,
    yes: Annotated[bool, typer.Option("--yes", help="With --query: fork them; without it, only show them.")] = False,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Begin a run with the state another had after one of its events; the other is not changed.

    With --query every run that it gives is forked, after a preview: add --yes to do it.
    """
    body = {**_moment(at, task, definition), **_changes(given, context, output, mapping), "mode": mode}
    api = connect(url, token, data_dir)
    if (run is None) == (query is None):
        raise typer.BadParameter("expected a run, or --query", param_hint="RUN")
    if query is not None:
        body |= {"query": {**_pairs(query, "--query"), "limit": limit}, "preview": not yes}
        _show_bulk(api.call("POST", "/api/v1/forks", json=body), as_json=as_json)
        return
    if preview:
        _show_preview(api.call("POST", f"/api/v1/runs/{run}/forks/preview", json=body), as_json=as_json)
        return
    made = api.call("POST", f"/api/v1/runs/{run}/forks", json=body)
    typer.echo(json_line(result_of(made)) if as_json else f"{made['run']} {made['status']}")


def rewind(  # noqa: PLR0913
    run: Annotated[str, typer.Argument(help="Id of the run.")],
    *,
    at: At = None,
    task: Task = None,
    given: Input = None,
    context: Context = None,
    output: Outputs = None,
    definition: To = None,
    mapping: Maps = None,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Go back to an event, or to where a task began: a new run takes the place of this one, which is cancelled."""
    body = {**_moment(at, task, definition), **_changes(given, context, output, mapping)}
    made = connect(url, token, data_dir).call("POST", f"/api/v1/runs/{run}/rewind", json=body)
    typer.echo(json_line(result_of(made)) if as_json else f"{made['run']} {made['status']}")


def migrate(  # noqa: PLR0913
    run: Run = None,
    *,
    to: Annotated[str, typer.Option("--to", help="Version to follow from here on.")],
    mapping: Maps = None,
    reason: Annotated[str, typer.Option("--reason", help="Why. It is kept in the history of the run.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say whether it fits. Exit code 1 if not.")] = False,
    query: Query = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="With --query: at most so many runs.")] = 100,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Let live runs follow another version of their definition. Another migration takes it back."""
    body: dict[str, Any] = {"version": to, "mapping": _pairs(mapping, "--map"), "reason": reason, "dry_run": dry_run}
    api = connect(url, token, data_dir)
    if (run is None) == (query is None):
        raise typer.BadParameter("expected a run, or --query", param_hint="RUN")
    if query is not None:
        body["query"] = {**_pairs(query, "--query"), "limit": limit}
        _show_bulk(api.call("POST", "/api/v1/migrations", json=body), as_json=as_json)
        return
    report = api.call("POST", f"/api/v1/runs/{run}/migrate", json=body)
    _show_report(report, as_json=as_json)
    if report["conflicts"]:
        raise typer.Exit(CONFLICTS)


def compare(  # noqa: PLR0913
    a: Annotated[str, typer.Argument(help="Id of a run.")],
    b: Annotated[str, typer.Argument(help="Id of another, such as a fork of it.")],
    *,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Compare two runs: path, outputs, durations, tokens, money; a fork with its run from where they part."""
    found = connect(url, token, data_dir).call("GET", "/api/v1/compare", params={"a": a, "b": b})
    if as_json:
        typer.echo(json_line(found))
        return
    console = Console(highlight=False)
    whole = Table("", "a", "b")
    for name in ("run", "after_event", "status", "duration_ms", "worked", "reused", "tokens", "costs"):
        whole.add_row(name, str(found["a"][name]), str(found["b"][name]))
    console.print(whole)
    tasks = Table("task", "a", "b", "differs")
    for row in found["tasks"]:
        tasks.add_row(row["path"], _side(row["a"]), _side(row["b"]), " ".join(row["differs"]))
    console.print(tasks)


def _side(side: dict[str, Any] | None) -> str:
    if side is None:
        return "-"
    took = "" if side["duration_ms"] is None else f" {side['duration_ms']} ms"
    return str(side["status"]) + (f" ({side['reused']})" if side["reused"] else took)


def _moment(at: int | None, task: str | None, definition: str | None) -> dict[str, Any]:
    named = {"event": at, "task": task, "definition": definition}
    return {name: value for name, value in named.items() if value is not None}


def _changes(
    given: str | None, context: str | None, outputs: list[str] | None, mapping: list[str] | None
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if given is not None:
        changes["input"] = input_of(given)
    if context is not None:
        changes["context"] = input_of(context)
    if outputs:
        changes["outputs"] = {task: _json(text) for task, text in _pairs(outputs, "--output").items()}
    return changes | ({"mapping": _pairs(mapping, "--map")} if mapping else {})


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"expected TASK=JSON, found {text[:80]!r}: {error}", param_hint="--output") from None


def _pairs(given: list[str] | None, option: str) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for text in given or ():
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise typer.BadParameter(f"expected NAME=VALUE, found {text[:80]!r}", param_hint=option)
        pairs[name] = [*pairs.get(name, []), value] if option == "--query" and name == "status" else value
    return pairs


def _show_bulk(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json_line(found))
        return
    table = Table("run", "preview" if found["preview"] else "result", "why not")
    for item in found["items"]:
        table.add_row(item["run"], item["result"], "; ".join(item["problems"]))
    console = Console(highlight=False)
    console.print(table)
    if found["preview"]:
        console.print("Nothing was changed.")
    if found["more"]:
        console.print("There are more: raise --limit, or narrow the query.")


def _show_preview(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json_line(found))
        return
    table = Table("task", "what", "node type", "took", "tokens", "cost")
    for task in found["tasks"]:
        known = task["known"] or {}
        took = "unknown" if task["known"] is None else f"{known['duration_ms'] or 0} ms"
        cost = f"{known['cost']} {known['currency']}" if known.get("cost") else ""
        table.add_row(task["path"], task["what"], task["node_type"] or "", took, str(known.get("tokens") or ""), cost)
    console = Console(highlight=False)
    console.print(f"from event {found['event']} in mode {found['mode']}: {found['status']}")
    console.print(table)


def _show_report(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json_line(report))
        return
    typer.echo(f"{report['run']} {report['from_version']} → {report['version']}: {report['verdict']}")
    for old, new in report["moves"].items():
        typer.echo(f"  {old} → {new}")
    for sentence in report["conflicts"]:
        typer.echo(f"  {sentence}")
