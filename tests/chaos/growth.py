"""What processes take over hours: memory, open files and disk, sampled while they work, and whether it grows."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.chaos.cluster import Cluster

SAMPLE_S = 30.0
#: A process younger than this is still filling its caches.
WARM_AFTER_S = 600.0
#: How much more the end of a soak may take than its beginning.
MEMORY_FACTOR = 1.3
MEMORY_MIB = 64.0
FILES = 24

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one process took at one instant."""

    at_s: float
    pid: int
    memory_mib: float
    files: int


@dataclass(slots=True)
class Growth:
    """Samples of every process, by its name, until it is closed."""

    cluster: Cluster
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    #: Size of the whole data folder in MiB, by instant.
    disk_mib: list[tuple[float, float]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(SAMPLE_S)

    def violations(self) -> list[str]:
        """Give a sentence for each process that takes notably more at its end than when it was warm."""
        return [sentence for name, own in self.samples.items() for sentence in grown(name, own)]

    def figures(self) -> dict[str, object]:
        """Give first and last figures of each process, and of the disk."""
        return {
            "disk_mib": [round(self.disk_mib[0][1], 1), round(self.disk_mib[-1][1], 1)] if self.disk_mib else [],
            **{
                name: {
                    "memory_mib": [round(own[0].memory_mib, 1), round(own[-1].memory_mib, 1)],
                    "files": [own[0].files, own[-1].files],
                }
                for name, own in self.samples.items()
                if own
            },
        }

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            at_s = time.monotonic()
            for member in self.cluster.members():
                with contextlib.suppress(psutil.Error, AssertionError):
                    self.samples.setdefault(member.name, []).append(sample(member.pid, at_s))
            self.disk_mib.append((at_s, folder_mib(self.cluster.folder)))


def sample(pid: int, at_s: float) -> Sample:
    """Give what a process takes now."""
    process = psutil.Process(pid)
    return Sample(at_s=at_s, pid=pid, memory_mib=process.memory_info().rss / MIB, files=process.num_fds())


def folder_mib(folder: Path) -> float:
    """Give the size of everything in a folder."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_blocks * 512
    return total / MIB


def grown(name: str, samples: list[Sample]) -> list[str]:
    """Give a sentence for memory and for files that grew, within the last process of that name."""
    own = [found for found in samples if found.pid == samples[-1].pid]
    warm = [found for found in own if found.at_s - own[0].at_s >= WARM_AFTER_S]
    quarter = len(warm) // 4
    if quarter < 4:
        return []
    first, last = warm[:quarter], warm[-quarter:]
    found = []
    before, after = max(s.memory_mib for s in first), min(s.memory_mib for s in last)
    if after > before * MEMORY_FACTOR + MEMORY_MIB:
        found.append(f"{name}: memory grew from {before:.0f} to {after:.0f} MiB")
    if min(s.files for s in last) > max(s.files for s in first) + FILES:
        found.append(f"{name}: open files grew from {first[-1].files} to {last[-1].files}")
    return found
