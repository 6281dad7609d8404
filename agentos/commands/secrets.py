"""`agentos secrets`: values that workflows name and nobody sees, encrypted in Postgres."""

from __future__ import annotations

import getpass
import json
import re
import socket
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from agentos.options import AsJson, DataDir, settings_for
from agentos.running import with_running_stores
from agentos.secret_table import full_name, open_store
from infra.secret_store import SecretName, SecretStore

MISUSE = 2
NOT_FOUND = 1
VALUE_BYTES_MAX = 64 * 1024

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
FOR_NAMESPACE = "namespaces."

secrets = typer.Typer(no_args_is_help=True, help="Secrets that workflows name and nobody sees.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name, or namespaces.NAMESPACE.NAME.")]
Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="For workflows of this namespace only. Default: for all.")
]
File = Annotated[Path | None, typer.Option("--file", help="Read the value from a file.")]


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.add_typer(secrets, name="secrets")


@secrets.command("set")
def set_secret(name: Name, *, namespace: Namespace = "", file: File = None, data_dir: DataDir = None) -> None:
    """Set a secret. Its value is asked for, or read from standard input or a file; it is no argument, which others see.

    A value that is a JSON object has parts: $secrets.shop.password. Workers know it within seconds.
    """
    found = _named(name, namespace)
    value = _value(file)
    store = _store(data_dir)
    try:
        store.put(found, value, f"{getpass.getuser()}@{socket.gethostname()}")
    finally:
        store.close()
    typer.echo(f"Set {full_name(found)}")


@secrets.command("list")
def list_secrets(*, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the names of the secrets in Postgres, with who set them when. Values are never shown."""
    store = _store(data_dir)
    try:
        known = store.known()
    finally:
        store.close()
    if as_json:
        for one in known:
            row = {"namespace": one.name.namespace or None, "name": one.name.name}
            typer.echo(json.dumps(row | {"setAt": one.set_at.isoformat(), "setBy": one.set_by}))
        return
    table = Table("namespace", "name", "set at", "set by")
    for one in known:
        table.add_row(one.name.namespace or "(all)", one.name.name, f"{one.set_at:%Y-%m-%d %H:%M:%S}", one.set_by)
    Console(highlight=False).print(table)


@secrets.command("remove")
def remove_secret(name: Name, *, namespace: Namespace = "", data_dir: DataDir = None) -> None:
    """Remove a secret. Ends with 1 if there is none of that name."""
    found = _named(name, namespace)
    store = _store(data_dir)
    try:
        was_there = store.remove(found)
    finally:
        store.close()
    if not was_there:
        typer.echo(f"agentos: expected a secret called {full_name(found)} in Postgres, found none", err=True)
        raise typer.Exit(NOT_FOUND)
    typer.echo(f"Removed {full_name(found)}")


def _store(data_dir: Path | None) -> SecretStore:
    return open_store(with_running_stores(settings_for(data_dir)))


def _named(name: str, namespace: str) -> SecretName:
    if name.startswith(FOR_NAMESPACE) and not namespace:
        namespace, _, name = name.removeprefix(FOR_NAMESPACE).partition(".")
    for what, text in (("name", name), ("namespace", namespace or "x")):
        if not NAME.match(text) or text.startswith(FOR_NAMESPACE):
            _refuse(f"expected a {what} of letters, digits, `.`, `_` and `-`, found {text!r}")
    return SecretName(namespace=namespace, name=name)


def _value(file: Path | None) -> str:
    try:
        if file is not None:
            value = file.read_text(encoding="utf-8").rstrip("\r\n")
        elif sys.stdin.isatty():
            value = getpass.getpass("Value: ")
        else:
            value = sys.stdin.read(VALUE_BYTES_MAX + 2).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        _refuse(f"expected the value as text in UTF-8, found {type(error).__name__}")
    if not value or len(value.encode()) > VALUE_BYTES_MAX:
        _refuse(f"expected a value of 1 to {VALUE_BYTES_MAX} bytes, found {len(value.encode())}")
    return value


def _refuse(text: str) -> NoReturn:
    typer.echo(f"agentos: {text}", err=True)
    raise typer.Exit(MISUSE)
