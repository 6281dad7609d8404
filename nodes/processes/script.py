"""The node type `script`: Python or JavaScript written in the document."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.http.arguments import Arguments, Endpoint, HttpArguments
from nodes.http.authentication import auth_for
from nodes.http.exchange import exchange
from nodes.http.node import limits_of, request_of
from nodes.http.outcome import error_of
from nodes.http.tokens import Tokens
from nodes.processes.confined import ProcessRequest, run_confined
from nodes.processes.outcome import ProcessArguments, output_of, time_left_s
from nodes.provisions import ProcessRules, Provisions, scalar_text, scalar_texts

KINDS: Final = {"python": "python", "js": "js", "javascript": "js"}


class Source(Arguments):
    """Where a script is kept."""

    endpoint: str | Endpoint
    name: str | None = None


class ScriptArguments(ProcessArguments):
    """A script and what it is given."""

    language: Literal["python", "js", "javascript"]
    code: str | None = Field(default=None, description="The script.")
    source: Source | None = Field(default=None, description="Where the script is kept, instead of `code`.")

    @model_validator(mode="after")
    def refuse_none_and_both(self) -> ScriptArguments:
        """Refuse arguments without a script, and those with two."""
        if (self.code is None) == (self.source is None):
            raise ValueError("expected either `code` or `source`")
        return self


class Script:
    """Runs a script in Python or JavaScript. Off by default: see AGENTOS_ALLOW_PROCESSES."""

    name = "script"
    version = "1.0.0"
    icon = "code"
    With = ScriptArguments
    examples = ({"language": "python", "code": "import sys; print(sys.argv[1])", "arguments": ["hello"]},)

    def __init__(self, rules: ProcessRules | None = None) -> None:
        self._rules = rules or ProcessRules()
        self._tokens = Tokens()

    @classmethod
    def provided(cls, provisions: Provisions) -> Script:
        """Give the instance for a process with these rules."""
        return cls(provisions.processes)

    async def run(self, with_: ScriptArguments, ctx: TaskContext) -> Any:
        """Run the script, and give what `return` asks for."""
        kind = KINDS[with_.language]
        self._rules.refuse_unless_allowed(kind)
        code = with_.code if with_.code is not None else await self._fetched(with_, ctx)
        with tempfile.TemporaryDirectory(prefix="agentos-script-") as folder:
            file = Path(folder) / f"script.{'py' if kind == 'python' else 'js'}"
            file.write_text(code, encoding="utf-8")
            request = ProcessRequest(
                command=[*_interpreter(kind), str(file), *map(scalar_text, with_.arguments)],
                folder=Path(folder),
                stdin=with_.stdin,
                environment=scalar_texts(with_.environment),
                timeout_s=time_left_s(ctx, self._rules),
            )
            return output_of(await run_confined(request, self._rules), with_.returned)

    async def _fetched(self, with_: ScriptArguments, ctx: TaskContext) -> str:
        endpoint = with_.source.endpoint if with_.source else ""
        call = HttpArguments(method="get", endpoint=endpoint, redirect=True)
        auth = auth_for(call.authentication, self._tokens, ctx)
        found = await exchange(request_of(call, ctx), ctx, auth, limits_of(call, ctx))
        if not found.response.is_success:
            raise error_of(found)
        return found.body.decode("utf-8", "replace")


def _interpreter(kind: str) -> list[str]:
    if kind == "python":
        # The standard library alone: none of the packages of AgentOS.
        return [sys.executable, "-I", "-S", "-B"]
    node = shutil.which("node")
    if node is None:
        raise fault("configuration", "expected Node.js as `node` on the worker's PATH, found none")
    return [node]
