"""Places where a chaos test kills this process: `AGENTOS_FAILPOINT=after_produce_before_check:3` at the third pass.

With `:stop` behind it the process is stopped there instead (SIGSTOP), to be a zombie when it is let go on.

Inert unless the environment names one.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from infra.errors import InvalidSettings

Name = Literal[
    "after_decide_before_produce", "after_produce_before_check", "after_check_before_react", "after_react_before_ack"
]
VARIABLE = "AGENTOS_FAILPOINT"
ACTIONS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass(slots=True)
class FailPoints:
    """The fail point that is armed, if any."""

    name: str = ""
    passes_left: int = 0
    action: signal.Signals = signal.SIGKILL

    def reach(self, name: Name) -> None:
        """Pass a place; end or stop this process without any warning if the place is armed and this is its turn."""
        if name != self.name:
            return
        self.passes_left -= 1
        if self.passes_left == 0:
            os.kill(os.getpid(), self.action)


def fail_points(environment: Mapping[str, str]) -> FailPoints:
    """Give what the environment arms. Raises `InvalidSettings` for a place that does not exist."""
    armed = environment.get(VARIABLE, "")
    name, _, rest = armed.partition(":")
    count, _, action = rest.partition(":")
    if not name:
        return FailPoints()
    if name not in get_args(Name) or not (count or "1").isdecimal() or (action or "kill") not in ACTIONS:
        raise InvalidSettings(
            f"{VARIABLE}: expected one of {', '.join(get_args(Name))}, and :COUNT, and :stop or :kill; found {armed}"
        )
    return FailPoints(name=name, passes_left=max(1, int(count or "1")), action=ACTIONS[action or "kill"])
