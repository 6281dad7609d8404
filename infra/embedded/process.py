"""What a child process is, and how to start and stop one so that nothing of it is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.errors import StackFailed

LAUNCH = Path(__file__).with_name("launch.py")

#: Gives why something is not ready, or None if it is.
Probe = Callable[[], Coroutine[Any, Any, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user of this machine; uid 0 means: stay who you are."""

    name: str = ""
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """A process to run. `death_signal` is what it gets when its parent is gone, `stop_signal` what ends it cleanly."""

    name: str
    command: tuple[str, ...]
    probe: Probe
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    ports: Mapping[str, int] = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    start_timeout_s: float = 60
    stop_timeout_s: float = 20


def unprivileged_account() -> Account:
    """Give the account for what refuses to run as root: our own unless we are root, and then an existing one."""
    if os.geteuid() != 0:
        return Account()
    for name in ("agentos", "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise StackFailed(
        "Postgres refuses to run as root: expected a user called agentos, postgres or nobody, found none;"
        " add one (`useradd --system agentos`), or run as another user than root"
    )


def launch_command(command: tuple[str, ...], account: Account, death_signal: signal.Signals) -> list[str]:
    """Give the command that becomes `command`, dies with this process and runs as `account`."""
    shim = [sys.executable, "-I", "-S", str(LAUNCH)]
    return [*shim, str(os.getpid()), str(int(death_signal)), str(account.uid), str(account.gid), *command]


def run_to_end(command: tuple[str, ...], account: Account, *, timeout_s: float = 120) -> None:
    """Run `command` as `account` to its end; raise `StackFailed` with its last lines if it fails."""
    launched = launch_command(command, account, signal.SIGKILL)
    done = subprocess.run(  # noqa: PLW1510  # the code is looked at below
        launched,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout_s,
        text=True,
    )
    if done.returncode != 0:
        said = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise StackFailed(f"{Path(command[0]).name}: expected exit code 0, found {done.returncode}; it said:\n{said}")


async def start(spec: ProcessSpec, log: Path) -> asyncio.subprocess.Process:
    """Start the process in a session of its own; what it says is appended to `log`.

    Must be called in the main thread: Linux ties a child to the thread that made it.
    """
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *launch_command(spec.command, spec.account, spec.death_signal),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **spec.environment},
            start_new_session=True,
        )


async def stop(spec: ProcessSpec, process: asyncio.subprocess.Process) -> None:
    """End the process: its own signal first, SIGKILL for its whole group at last. May be called again."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(spec.stop_signal)
    try:
        await asyncio.wait_for(process.wait(), spec.stop_timeout_s)
    except TimeoutError:
        pass
    finally:
        kill_group(process.pid)
    await process.wait()


def kill_group(pid: int) -> None:
    """Kill what is left of the group that `pid` leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def exit_reason(code: int) -> str:
    """Give an exit code in words."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
