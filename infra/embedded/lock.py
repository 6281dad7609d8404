"""Who holds a data folder: a lock of the kernel, gone with its holder however that ends, and a note of who it is."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from infra.errors import StackHeld

FILE = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that runs the stack of a data folder."""

    pid: int
    since: str
    address: str


@contextmanager
def held(data_dir: Path) -> Iterator[Callable[[str], None]]:
    """Hold `data_dir` for this process; raise `StackHeld` with the holder's name if another one does.

    Gives what notes the address at which this process can be reached.
    """
    with (data_dir / FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StackHeld(_told(data_dir, holder(data_dir))) from None
        mine = Holder(pid=os.getpid(), since=datetime.now(UTC).isoformat(timespec="seconds"), address="")

        def announce(address: str) -> None:
            file.truncate(0)
            file.write(json.dumps(asdict(replace(mine, address=address))))
            file.flush()

        announce("")
        yield announce
        file.truncate(0)


def holder(data_dir: Path) -> Holder | None:
    """Give who holds `data_dir`, or None."""
    try:
        with (data_dir / FILE).open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return _parse(file.read())
    except FileNotFoundError:
        pass
    return None


def _parse(note: str) -> Holder:
    try:
        return Holder(**json.loads(note))
    except ValueError:
        return Holder(pid=0, since="just now", address="")


def _told(data_dir: Path, found: Holder | None) -> str:
    who = f"process {found.pid} since {found.since}" if found and found.pid else "another process"
    where = f" at {found.address}" if found and found.address else ""
    return (
        f"Expected nobody to run the stack in {data_dir}, found {who}{where};"
        " use that one, stop it with `agentos down`, or choose another folder with --data-dir"
    )
