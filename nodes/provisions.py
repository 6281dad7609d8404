"""What a process gives to node types that need more than a task's context: connections that only `infra` opens, rights.

A node type that wants some of it has a class method `provided(provisions)`, which gives its instance. Whatever is
absent is None, and the node says so when it is called.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from nodes.desk import Desk
from nodes.errors import fault

PR_SET_DUMPABLE: Final = 4
MILLION: Final = 1_000_000
LAUNCHER: Final = Path(__file__).parent / "processes" / "launcher.py"

#: What a process may be started for.
KINDS: Final = ("python", "js", "shell", "mcp")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRules:
    """Which processes tasks may start, and what one of them may take. By default none."""

    #: Some of `KINDS`.
    allowed: frozenset[str] = frozenset()
    timeout_s: float = 60.0
    memory_bytes: int = 512 * 1024 * 1024
    #: Largest standard output, and largest standard error.
    output_bytes: int = 256 * 1024
    #: Largest file a process may write.
    file_bytes: int = 64 * 1024 * 1024

    def confined(self, command: Sequence[str]) -> list[str]:
        """Give the command that starts `command` with these limits, and dies with whoever starts it."""
        limits = (int(self.timeout_s) + 1, self.memory_bytes, self.file_bytes)
        return [sys.executable, "-I", "-S", "-B", str(LAUNCHER), *map(str, limits), *command]

    def refuse_unless_allowed(self, kind: str) -> None:
        """Raise `NodeError` when the operator does not allow processes of this kind."""
        if kind not in self.allowed:
            found = ", ".join(sorted(self.allowed)) or "nothing: processes are off by default"
            raise fault(
                "configuration",
                f"expected `{kind}` in the setting AGENTOS_ALLOW_PROCESSES of the worker, found {found};"
                " an operator who trusts the authors of workflows can add it",
            )


@cache
def hide_this_process() -> None:
    """Keep processes of the same user from reading this one's memory and environment, in which secrets are."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingRecord:
    """A record for a Kafka topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL statement, with its parameters as `$1`, `$2`, … Rows beyond `rows_max` are an error."""

    text: str
    parameters: tuple[Any, ...]
    is_read_only: bool
    rows_max: int
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAccess:
    """The operator's own way to a provider of models."""

    key: str = field(default="", repr=False)
    #: Another place than the provider's own.
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """What a million tokens of a model cost."""

    input: Decimal
    output: Decimal
    #: Tokens of the input that the provider had kept; like the others if None.
    cached: Decimal | None = None
    currency: str = "USD"

    def amount(self, input_tokens: int, output_tokens: int, cached_tokens: int) -> str:
        """Give the cost as a decimal number, exact."""
        cached = self.input if self.cached is None else self.cached
        fresh = max(0, input_tokens - cached_tokens)
        total = (fresh * self.input + cached_tokens * cached + output_tokens * self.output) / MILLION
        return format(total.normalize(), "f")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRules:
    """How models are reached, what they cost, and where scripted answers are."""

    gemini: ModelAccess = field(default_factory=ModelAccess)
    openai: ModelAccess = field(default_factory=ModelAccess)
    #: By `MODEL` or `PROVIDER/MODEL`.
    prices: Mapping[str, ModelPrice] = field(default_factory=dict)
    scripts: Path | None = None


#: Evaluates a jq program on prepared text in a killable process. Raises `ExpressionFailed`.
Evaluate = Callable[[str, str], Awaitable[str]]
#: Validates JSON text against JSON Schema text in a killable process, and gives a JSON array of sentences.
Validate = Callable[[str, str], Awaitable[str]]
#: Writes a record, and gives its partition and offset once the brokers have it. Raises `NodeError`.
Produce = Callable[[OutgoingRecord], Awaitable[tuple[int, int]]]
#: Executes a statement in the database at a URL: its rows, and how many rows it touched. Raises `NodeError`.
Query = Callable[[str, Statement], Awaitable[tuple[list[dict[str, Any]], int]]]
#: Reads YAML text as JSON values. Raises `ValueError`.
ReadYaml = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisions:
    """Everything of the kind that a process has."""

    evaluate: Evaluate | None = None
    validate: Validate | None = None
    produce: Produce | None = None
    query: Query | None = None
    read_yaml: ReadYaml | None = None
    processes: ProcessRules = field(default_factory=ProcessRules)
    models: ModelRules = field(default_factory=ModelRules)
    #: Who people are and how they are reached.
    desk: Desk = field(default_factory=Desk)


def instance_of(implementation: type, provisions: Provisions) -> Any:
    """Give the one instance of a node type in a process."""
    provided: Callable[[Provisions], Any] | None = getattr(implementation, "provided", None)
    return implementation() if provided is None else provided(provisions)


def scalar_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Give an environment with every value as text."""
    return {name: scalar_text(value) for name, value in values.items()}


def scalar_text(value: Any) -> str:
    """Give a scalar as text, truth values as JSON writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)
