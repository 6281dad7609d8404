"""The node type `shell`: a command for `/bin/sh`."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from nodes.base import TaskContext
from nodes.processes.confined import ProcessRequest, run_confined
from nodes.processes.outcome import ProcessArguments, output_of, time_left_s
from nodes.provisions import ProcessRules, Provisions, scalar_text, scalar_texts

#: A use of the arguments: `$1`, `${1}`, `$@`, `$*`, `$#`, `shift`.
USED: Final = re.compile(r"\$\{?[1-9@*#]|\bshift\b")


class ShellArguments(ProcessArguments):
    """A command and what it is given."""

    command: str = Field(
        min_length=1,
        description="The command. `arguments` are its `$1`, `$2`, …; if it uses none, they follow it as words.",
    )


class Shell:
    """Runs a shell command. Off by default: see AGENTOS_ALLOW_PROCESSES."""

    name = "shell"
    version = "1.0.0"
    icon = "terminal"
    With = ShellArguments
    examples = ({"command": "sort -n", "stdin": "10\n9\n"},)

    def __init__(self, rules: ProcessRules | None = None) -> None:
        self._rules = rules or ProcessRules()

    @classmethod
    def provided(cls, provisions: Provisions) -> Shell:
        """Give the instance for a process with these rules."""
        return cls(provisions.processes)

    async def run(self, with_: ShellArguments, ctx: TaskContext) -> Any:
        """Run the command, and give what `return` asks for."""
        self._rules.refuse_unless_allowed("shell")
        words = [scalar_text(value) for value in with_.arguments]
        # Arguments reach the command as words: nothing in them is shell.
        command = f'{with_.command.rstrip()} "$@"' if words and not USED.search(with_.command) else with_.command
        with tempfile.TemporaryDirectory(prefix="agentos-shell-") as folder:
            request = ProcessRequest(
                command=["/bin/sh", "-c", command, "sh", *words],
                folder=Path(folder),
                stdin=with_.stdin,
                environment=scalar_texts(with_.environment),
                timeout_s=time_left_s(ctx, self._rules),
            )
            return output_of(await run_confined(request, self._rules), with_.returned)
