"""Places where a chaos test kills this process: `AGENTOS_FAILPOINT=after_produce_before_check:3` at the third pass.

Inert unless the environment names one.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from infra.errors import InvalidSettings

Name = Literal["after_produce_before_check", "after_check_before_react", "after_react_before_ack"]
VARIABLE = "AGENTOS_FAILPOINT"


@dataclass(slots=True)
class FailPoints:
    """The fail point that is armed, if any."""

    name: str = ""
    passes_left: int = 0

    def reach(self, name: Name) -> None:
        """Pass a place; end this process without any warning if the place is armed and this is its turn."""
        if name != self.name:
            return
        self.passes_left -= 1
        if self.passes_left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def fail_points(environment: Mapping[str, str]) -> FailPoints:
    """Give what the environment arms. Raises `InvalidSettings` for a place that does not exist."""
    name, _, count = environment.get(VARIABLE, "").partition(":")
    if not name:
        return FailPoints()
    if name not in get_args(Name) or not (count or "1").isdecimal():
        raise InvalidSettings(
            f"{VARIABLE}: expected one of {', '.join(get_args(Name))} and :COUNT, found {name}:{count}"
        )
    return FailPoints(name=name, passes_left=int(count or "1"))
