"""Starts `agentos up` as a process of its own, and waits until it says that it is up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from agentos.local_stack import LOG_NAME
from agentos.roles import ROOT, Role
from agentos.token import administrator_token
from infra.embedded.lock import holder
from infra.embedded.logs import FOLDER, Follower, log_path
from infra.embedded.state import StackState, read_state
from infra.errors import StackFailed, StackHeld
from infra.settings import Settings

DEADLINE_S = 300.0
POLL_S = 0.1


def start_detached(settings: Settings, roles: Sequence[Role], console: Console) -> None:
    """Start the stack in the background and print its address when it is up."""
    folder = settings.stack.data_dir
    (folder / FOLDER).mkdir(exist_ok=True)
    found = holder(folder)
    if found is not None:
        raise StackHeld(f"Expected nobody to run the stack in {folder}, found process {found.pid} since {found.since}")
    lines = Follower(log_path(folder, LOG_NAME))
    child = _spawn(settings, roles)
    state = _wait_until_up(settings, child, lines, console)
    where = f"{state.address}?token={administrator_token(folder, settings.server)}" if roles else folder
    console.print(f"AgentOS is up: {where}", soft_wrap=True, highlight=False)
    console.print("It goes on in the background; `agentos down` stops it.", highlight=False)


def _spawn(settings: Settings, roles: Sequence[Role]) -> subprocess.Popen[bytes]:
    folder = settings.stack.data_dir
    port = [] if settings.server.port is None else ["--port", str(settings.server.port)]
    stores_only = [] if roles else ["--stores-only"]
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with log_path(folder, LOG_NAME).open("a") as output:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "agentos", "up", "--data-dir", str(folder), *port, *stores_only],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": paths},
        )


def _wait_until_up(settings: Settings, child: subprocess.Popen[bytes], lines: Follower, console: Console) -> StackState:
    ends_at = time.monotonic() + DEADLINE_S
    while time.monotonic() < ends_at:
        code = child.poll()
        for line in lines.new_lines():
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if code is not None:
            raise StackFailed(f"Expected the stack to start, found that it ended with exit code {code}; see above")
        state = read_state(settings.stack.data_dir)
        if state is not None and state.pid == child.pid and state.ready:
            return state
        time.sleep(POLL_S)
    raise StackFailed(f"Expected the stack to be up within {DEADLINE_S:g} s; it still tries: look at `agentos status`")
