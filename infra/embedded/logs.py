"""Log files of the stack: kept small, shown and followed."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterator
from pathlib import Path

FOLDER = "logs"
MAX_BYTES = 16 * 1024 * 1024
KEPT = 2


def log_path(data_dir: Path, name: str) -> Path:
    """Give the log file of the process `name`."""
    return data_dir / FOLDER / f"{name}.log"


def log_names(data_dir: Path) -> list[str]:
    """Give the names of all processes that have a log file."""
    return sorted(path.stem for path in (data_dir / FOLDER).glob("*.log"))


def rotate(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Move a file above `max_bytes` to `NAME.log.1` (older ones to `.2`), and go on with an empty one.

    The writer keeps its file open for appending, so the text is copied and the file emptied: lines written in
    between are lost, and no writer has to know.
    """
    if not path.exists() or path.stat().st_size <= max_bytes:
        return
    for number in range(KEPT, 1, -1):
        older = path.with_name(f"{path.name}.{number - 1}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    with path.open("r+b") as file:
        file.truncate(0)


def tail(path: Path, lines: int) -> list[str]:
    """Give the last `lines` lines."""
    with path.open(errors="replace") as file:
        return list(deque((line.rstrip("\n") for line in file), maxlen=lines))


class Follower:
    """Gives what is appended to a file since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_bytes = path.stat().st_size if path.exists() else 0

    def new_lines(self) -> Iterator[str]:
        """Yield whole lines that are new; begin again when the file was emptied."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if size < self._read_bytes:
            self._read_bytes = 0
        if size == self._read_bytes:
            return
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            whole, end, _ = file.read(size - self._read_bytes).rpartition(b"\n")
        self._read_bytes += len(whole) + len(end)
        if end:
            yield from whole.decode(errors="replace").split("\n")
