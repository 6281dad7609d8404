"""What the lifecycle commands print: one line at a time, and the progress of downloads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

BAR_CELLS = 30
QUIET_STEP = 0.25


class Screen:
    """Shows lines on `console` and, when a terminal is there, a bar for downloads. Lines also go to `log`."""

    def __init__(self, console: Console, log: Path) -> None:
        self._console = console
        self._log = log
        self._shown_share = -1.0

    def say(self, text: str) -> None:
        """Show one line, and keep it with its time."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
        with self._log.open("a") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {text}\n")

    def advance(self, text: str, done_bytes: int, total_bytes: int) -> None:
        """Show how far a download is: a bar on a terminal, a line at every quarter elsewhere."""
        share = min(done_bytes / total_bytes, 1.0)
        if self._console.is_terminal:
            if share - self._shown_share >= 1 / BAR_CELLS or share == 1.0:
                self._shown_share = share
                self._draw(text, share)
        elif share - max(self._shown_share, 0) >= QUIET_STEP:
            self._shown_share = share
            self._console.print(f"{text}: {share:.0%}")

    def _draw(self, text: str, share: float) -> None:
        full = round(share * BAR_CELLS)
        end = "\n" if share == 1.0 else ""
        bar = "━" * full + " " * (BAR_CELLS - full)
        self._console.print(f"\r{text} {bar} {share:4.0%}", end=end, markup=False, highlight=False)
