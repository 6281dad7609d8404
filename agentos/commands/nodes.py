"""`agentos nodes` lists the node types of this installation; `show NAME` describes one, `new NAME` begins one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from agentos.new_node import InvalidName, write_package
from agentos.options import AsJson
from infra.settings import load_settings
from nodes.registry import BrokenNodeType, DuplicateNodeType, NodeType, Registry, load_registry

MISUSE = 2
Name = Annotated[str, typer.Argument(metavar="NAME", help="A node type, such as http.")]

commands = typer.Typer(help="List, describe and begin node types that a workflow may call.")


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.add_typer(commands, name="nodes")


@commands.callback(invoke_without_command=True)
def list_nodes(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the node types. With --json: one JSON object a line, broken ones with a `reason`."""
    if context.invoked_subcommand is not None:
        return
    registry = _registry()
    if as_json:
        for found in _callable(registry):
            typer.echo(json.dumps(found.describe(), ensure_ascii=False))
        for broken in registry.broken:
            typer.echo(json.dumps({"origin": broken.origin, "reason": broken.reason}, ensure_ascii=False))
        return
    console = Console()
    console.print(_table(_callable(registry)))
    for broken in registry.broken:
        console.print(_sentence(broken), style="red", markup=False, highlight=False)


@commands.command("show")
def show_node(name: Name, *, as_json: AsJson = False) -> None:
    """Describe one node type: what it takes, what it gives, examples."""
    registry = _registry()
    if name not in registry.types:
        _refuse(f"expected a node type out of {', '.join(registry.names())}; found {name}")
    found = registry.types[name].describe()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    console = Console()
    console.print(f"{found['name']} {found['version']}", style="bold", highlight=False)
    console.print(found["description"], markup=False, highlight=False)
    console.print(f"from {found['origin']}", style="dim", markup=False, highlight=False)
    for title, part in (("with", "with_schema"), ("output", "output_schema"), ("examples", "examples")):
        console.print(f"\n{title}", style="bold")
        console.print(Syntax(json.dumps(found[part], indent=2, ensure_ascii=False), "json", background_color="default"))


@commands.command("new")
def new_node(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new node type: small letters, digits, _.")],
    folder: Annotated[Path, typer.Option("--in", help="Where the package's folder goes.")] = Path(),
) -> None:
    """Write a package with a new node type and its test."""
    try:
        made = write_package(name, folder)
    except (InvalidName, FileExistsError) as error:
        _refuse(str(error))
    typer.echo(f"{made}\n\nTest it:     python -m pytest {made}\nInstall it:  python -m pip install -e {made}")


def _registry() -> Registry:
    try:
        return load_registry(folder=load_settings().nodes.nodes_dir)
    except DuplicateNodeType as error:
        _refuse(str(error))


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"agentos: {reason}", err=True)
    raise typer.Exit(MISUSE)


def _callable(registry: Registry) -> list[NodeType]:
    return [registry.types[name] for name in registry.names()]


def _table(types: list[NodeType]) -> Table:
    table = Table("type", "version", "what it does", "from", box=None, header_style="bold", pad_edge=False)
    for found in types:
        first_line = found.description.partition("\n")[0]
        table.add_row(found.name, found.version, first_line, found.origin)
    return table


def _sentence(broken: BrokenNodeType) -> str:
    return f"disabled: {broken.origin} can't be loaded: {broken.reason}"
