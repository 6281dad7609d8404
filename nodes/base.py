"""What a node type is, and what it is given.

A node type is a class with the members of `Node`; it needs no base class. Its shortest form:

    class Shout:
        '''Gives the text in capitals.'''

        name = "shout"
        version = "1.0.0"

        class With(BaseModel):
            text: str

        async def run(self, with_: With, ctx: TaskContext) -> str:
            return with_.text.upper()

One instance serves all tasks of a process, many at once, so it may keep caches and connections, but nothing of a task.
`run` is an asyncio coroutine and must not block its loop. It is cancelled when the task's deadline passes or nobody
needs the task any more. It may run more than once for one attempt: `ctx.idempotency_key` is the same each time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much one exchange may take."""

    body_bytes: int = 1024 * 1024
    timeout_s: float = 30.0


class JsonText(str):
    """An output that is JSON text already, and is passed on as it is."""

    __slots__ = ()


class Outbound(Protocol):
    """The guarded HTTP client of the process: it refuses addresses that tasks may not reach."""

    @property
    def caps(self) -> Caps:
        """What the operator allows one exchange to take."""
        ...

    def request(self, method: str, url: httpx.URL | str, **parts: Any) -> httpx.Request:
        """Give a request; `parts` are httpx's own: `headers`, `content`, `json`, `data`."""
        ...

    async def send(self, request: httpx.Request, *, auth: httpx.Auth | None = None) -> httpx.Response:
        """Send one request and give the response once its headers are here, unread. Follows no redirect."""
        ...


class Services(Protocol):
    """What the process gives to the node of one task."""

    @property
    def http(self) -> Outbound:
        """The guarded HTTP client."""
        ...

    def progress(self, kind: str, text: str) -> None:
        """Show something of the task live."""
        ...

    def secret(self, name: str) -> Any:
        """Give the value of a secret, None when there is none of that name."""
        ...

    def conceal(self, secret: Any) -> None:
        """Black out a value from now on."""
        ...

    def log(self, level: int, text: str) -> None:
        """Write a line to the worker's log."""
        ...


@dataclass(slots=True, kw_only=True)
class TaskContext:
    """What a node may know of the task it runs, and what it may use."""

    run_id: str
    path: str
    attempt: int
    services: Services
    #: When the task must be done, Unix milliseconds; 0 for no limit.
    deadline_at_ms: int = 0

    @property
    def idempotency_key(self) -> str:
        """The same for every execution of this attempt: give it to services that can recognise a repeated request."""
        return f"{self.run_id}{self.path}/{self.attempt}"

    @property
    def http(self) -> Outbound:
        """The guarded HTTP client."""
        return self.services.http

    def remaining_s(self) -> float | None:
        """Give the seconds left until the deadline, never negative; None when there is none."""
        return max(0.0, self.deadline_at_ms / 1000 - time.time()) if self.deadline_at_ms else None

    def progress(self, kind: str, text: str) -> None:
        """Show `text` live: a `token` of a model, a `log` line, a `percent`. It is not kept."""
        self.services.progress(kind, text)

    def log(self, message: str, level: int = logging.INFO) -> None:
        """Write a line to the worker's log and, from `INFO` on, show it live. Secrets are blacked out."""
        self.services.log(level, message)
        if level >= logging.INFO:
            self.services.progress("log", message)

    def secret(self, name: str) -> Any:
        """Give a secret's value: text, or an object if the secret is one. None when there is no such secret."""
        return self.services.secret(name)

    def conceal(self, secret: Any) -> None:
        """Black out a value that is secret, though no secret by name: a token that was fetched, a signed address."""
        self.services.conceal(secret)


@runtime_checkable
class Node(Protocol):
    """The members of a node type. Only `name`, `version`, `With` and `run` must be there."""

    name: ClassVar[str]
    version: ClassVar[str]
    #: Pydantic model (or any type pydantic can check) of the task's `with`.
    With: ClassVar[Any]

    async def run(self, with_: Any, ctx: TaskContext) -> Any:
        """Do the task; give its raw output: a pydantic model or JSON values."""
        ...


class OptionalMembers(Protocol):
    """Members a node type may have besides those of `Node`, with what counts when they are absent."""

    #: Type of the output. Absent: any JSON value.
    Output: ClassVar[Any]
    #: The class's docstring when absent.
    description: ClassVar[str]
    #: Name of an icon of the editor's set.
    icon: ClassVar[str]
    #: Values of `with` to show and to test.
    examples: ClassVar[Sequence[Mapping[str, Any]]]
    #: Seconds after which a task without a deadline of its own is stopped. Absent: none.
    timeout_s: ClassVar[float | None]
    #: Retry policy by which a worker tries a task again within one attempt (see `nodes.retries`). Absent: none.
    #: A task whose `with` has a member `retry` of that type says it itself.
    retry: ClassVar[Mapping[str, Any] | None]
    #: True where doing the same work twice costs money: whoever takes over looks for results in the log first.
    costly: ClassVar[bool]
    #: True for what only the engine may call.
    internal: ClassVar[bool]

    async def authorization(self, arguments: Mapping[str, Any], ctx: TaskContext) -> Mapping[str, Any] | None:
        """Give what the expression variable `$authorization` is in these arguments: `{scheme, parameter}`, or None.

        The parameter is blacked out in everything that the task gives back. Without this member it is None.
        """
        ...
