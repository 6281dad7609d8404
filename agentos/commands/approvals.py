"""`agentos approvals`: the inbox in a terminal. Exit code 0: done, 2: refused with the reason, 4: no API."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from agentos.api_client import Token, Url, connect
from agentos.options import AsJson, DataDir
from agentos.run_output import json_line, pretty, shown

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the approval, from `agentos approvals`.")]
As = Annotated[str | None, typer.Option("--as", help="The person you act for. Needs AGENTOS_ACT_FOR_OTHERS.")]
Comment = Annotated[str, typer.Option("--comment", help="What to say with it.")]
Data = Annotated[str, typer.Option("--data", help="The form's data as JSON text.")]
Where = tuple[str | None, str | None, Any]

commands = typer.Typer(help="See and decide what workflows ask people.")


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.add_typer(commands, name="approvals")


@commands.callback(invoke_without_command=True)
def begin(context: typer.Context, *, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """List what is open when no command is named."""
    if context.invoked_subcommand is None:
        list_approvals(everybody=True, as_json=as_json, url=url, token=token)


@commands.command("list")
def list_approvals(  # noqa: PLR0913  # options of a command line are named, not counted
    *,
    everybody: Annotated[bool, typer.Option("--all/--mine", help="Those that ask anyone, or only you.")] = True,
    status: Annotated[list[str] | None, typer.Option(help="Only these: open, approved, rejected, …")] = None,
    text: Annotated[str | None, typer.Option(help="A part of the title.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    as_: As = None,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """List approvals, newest first."""
    query: dict[str, Any] = {"who": "all" if everybody else "me", "limit": limit, "status": status or ["open"]}
    if text:
        query["text"] = text
    page = _call((url, token, data_dir), "GET", "", as_, params=query)
    if as_json:
        for found in page["items"]:
            typer.echo(json_line(found))
        return
    console = Console(highlight=False)
    if not page["items"]:
        console.print("Nobody is asked anything.")
        return
    table = Table("title", "asks", "status", "opened", "id")
    for found in page["items"]:
        asks = ", ".join([*found["assignees"], *found["groups"]]) or "anybody"
        table.add_row(*map(shown, (found["title"], asks, found["status"], found["opened_at"][:16], found["id"])))
    console.print(table)


@commands.command("show")
def show(approval: Id, *, as_: As = None, url: Url = None, token: Token = None, data_dir: DataDir = None) -> None:
    """Show one approval with all that is shown to whoever decides, as JSON."""
    typer.echo(pretty(_call((url, token, data_dir), "GET", f"/{approval}", as_)))


@commands.command("claim")
def claim(approval: Id, *, as_: As = None, url: Url = None, token: Token = None, data_dir: DataDir = None) -> None:
    """Take it on: nobody else can decide until you release it."""
    _act((url, token, data_dir), f"/{approval}/claim", None, as_)


@commands.command("release")
def release(approval: Id, *, as_: As = None, url: Url = None, token: Token = None, data_dir: DataDir = None) -> None:
    """Give back what you claimed."""
    _act((url, token, data_dir), f"/{approval}/release", None, as_)


@commands.command("approve")
def approve(  # noqa: PLR0913
    approval: Id,
    *,
    data: Data = "null",
    comment: Comment = "",
    as_: As = None,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Say yes, with the data that the form asks for."""
    body = {"decision": "approve", "data": _data(data), "comment": comment}
    _act((url, token, data_dir), f"/{approval}/decide", body, as_)


@commands.command("reject")
def reject(  # noqa: PLR0913
    approval: Id,
    *,
    comment: Comment = "",
    as_: As = None,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Say no."""
    _act((url, token, data_dir), f"/{approval}/decide", {"decision": "reject", "comment": comment}, as_)


@commands.command("request-changes")
def request_changes(  # noqa: PLR0913
    approval: Id,
    *,
    comment: Comment = "",
    as_: As = None,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Say what has to change first."""
    _act((url, token, data_dir), f"/{approval}/request-changes", {"comment": comment}, as_)


@commands.command("comment")
def comment_on(  # noqa: PLR0913
    approval: Id,
    text: Annotated[str, typer.Argument(help="What to say.")],
    *,
    as_: As = None,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Say something without deciding."""
    _act((url, token, data_dir), f"/{approval}/comment", {"comment": text}, as_)


@commands.command("delegate")
def delegate(  # noqa: PLR0913
    approval: Id,
    to: Annotated[str, typer.Argument(help="The person to ask in your place.")],
    *,
    comment: Comment = "",
    as_: As = None,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Let somebody else be asked in your place."""
    _act((url, token, data_dir), f"/{approval}/delegate", {"to": to, "comment": comment}, as_)


@commands.command("withdraw")
def withdraw(  # noqa: PLR0913
    approval: Id,
    *,
    comment: Comment = "",
    as_: As = None,
    url: Url = None,
    token: Token = None,
    data_dir: DataDir = None,
) -> None:
    """Take the question back."""
    _act((url, token, data_dir), f"/{approval}/withdraw", {"comment": comment}, as_)


def _data(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        typer.echo(f"agentos: --data: expected JSON, found {error}", err=True)
        raise typer.Exit(2) from None


def _act(where: Where, path: str, body: Any, as_: str | None) -> None:
    found = _call(where, "POST", path, as_, **({} if body is None else {"json": body}))
    typer.echo(f"{found['id']}: {found['status']}")


def _call(where: Where, method: str, path: str, as_: str | None, **options: Any) -> dict[str, Any]:
    url, token, data_dir = where
    headers = {"X-AgentOS-User": as_} if as_ else {}
    return connect(url, token, data_dir).call(method, f"/api/v1/approvals{path}", headers=headers, **options)
