"""How a run and its events look in a terminal, and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Characters of a value in one line of output.
EXCERPT = 120

STYLES = {
    "RunCompleted": "bold green",
    "RunFaulted": "bold red",
    "RunCancelled": "bold yellow",
    "TaskFaulted": "red",
    "TaskCancelled": "yellow",
    "ErrorCaught": "yellow",
    "TaskRetried": "yellow",
    "CommandRejected": "magenta",
    "TaskCompleted": "green",
}
STATUS_STYLES = {"completed": "green", "faulted": "red", "cancelled": "yellow", "suspended": "yellow"}

#: Members of an event that say most about it, the first that is there is shown.
_TELLING = ("error", "output", "reason", "event", "items", "arguments", "purpose", "value", "input")

#: Characters a terminal might obey: controls, line separators, changes of the direction of writing.
_OBEYED = (*range(32), *range(127, 160), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HIDDEN = {code: "\ufffd" for code in _OBEYED if code != ord("\n")}
_ESCAPED = {code: f"\\u{code:04x}" for code in _OBEYED}


def shown(text: str) -> str:
    """Give text that a terminal only shows, whoever wrote it."""
    return text.translate(_HIDDEN)


def json_line(data: Mapping[str, Any]) -> str:
    """Give one line of JSON."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)


def pretty(data: Any) -> str:
    """Give JSON for people to read."""
    return shown(json.dumps(data, ensure_ascii=False, indent=2))


def result_of(run: Mapping[str, Any]) -> dict[str, Any]:
    """Give the last line of `agentos run --json`."""
    return {"run": run["run"], "status": run["status"], "output": run["output"], "error": run["error"]}


def event_line(event: Mapping[str, Any]) -> Text:
    """Give one line for an event: when, what, where, and the value that says most."""
    line = Text(event["at"][11:23], style="dim")
    line.append(f"  {event['type']:<20}", style=STYLES.get(event["type"], ""))
    line.append(f" {shown(event['path'])}", style="cyan")
    data = event["data"]
    telling = next((name for name in _TELLING if data.get(name) is not None), None)
    if telling is not None:
        line.append(f"  {telling} {_excerpt(data[telling])}", style="dim")
    return line


def print_run(console: Console, run: Mapping[str, Any]) -> None:
    """Show everything about a run but its events."""
    workflow = run["workflow"]
    console.print(
        Text(f"{run['run']}  {shown(workflow['namespace'])}/{shown(workflow['name'])}:{shown(workflow['version'])}")
    )
    console.print(Text("status   ").append(run["status"], style=STATUS_STYLES.get(run["status"], "bold")))
    for name in ("started_at", "ended_at"):
        if run[name]:
            console.print(Text(f"{name[:-3]:<9}{run[name]}"))
    for waiting in run["waiting_for"]:
        what = " ".join(part for part in (waiting["what"], waiting["node_type"]) if part)
        console.print(Text(f"waits    for {what} at {shown(waiting['path']) or 'the start'}"))
    for name in ("input", "output", "error"):
        if run[name] is not None:
            console.print(Text(f"{name:<9}{pretty(run[name])}"))


#: A run id is what is copied from the table: it is never cut.
RUN_ID_CHARS = 36


def runs_table(runs: list[dict[str, Any]]) -> Table:
    """Give a table of runs."""
    table = Table(box=None, pad_edge=False)
    for title in ("run", "status", "started (UTC)", "workflow", "about"):
        table.add_column(title, overflow="ellipsis", no_wrap=True, min_width=RUN_ID_CHARS if title == "run" else None)
    for run in runs:
        workflow = run["workflow"]
        about = run["error_title"] or (
            f"waits for {run['waiting_for']}" if run["waiting_for"] else run["output_excerpt"]
        )
        table.add_row(
            Text(run["run"]),
            Text(run["status"], style=STATUS_STYLES.get(run["status"], "")),
            Text(_moment(run["started_at"])),
            Text(shown(f"{workflow['namespace']}/{workflow['name']}:{workflow['version']}")),
            Text(shown(about or "")[:EXCERPT]),
        )
    return table


def _moment(at: str | None) -> str:
    """Give month, day and time; the year and milliseconds are in `--json`."""
    return at[5:19].replace("T", " ") if at else ""


def _excerpt(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = shown(text.replace("\n", " "))
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
