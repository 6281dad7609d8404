"""Running one task: its arguments checked, its node run, its result as an order to the run."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from engine.commands import CompleteTask, FailTask
from engine.messages import DispatchTask
from nodes.base import JsonText, Node, Outbound, TaskContext
from nodes.errors import NodeError, as_node_error, fault
from nodes.registry import NodeType
from streams.worker.arguments import SecretArguments
from streams.worker.redaction import Redaction
from streams.worker.repeating import output_of

LOG = logging.getLogger("nodes")

#: Shows something of a task live: the task, the kind of it, its text.
Show = Callable[[DispatchTask, str, str], None]
Result = CompleteTask | FailTask

NOTHING_SECRET = Redaction(())
#: Kinds of progress whose texts are pieces of one: a secret may be cut between two of them.
IN_PIECES = frozenset({"token", "thought"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedNode:
    """A node type and the one instance of it in this process."""

    type: NodeType
    instance: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """What nodes are given by this process."""

    http: Outbound
    secret_arguments: SecretArguments
    show: Show
    payload_bytes_max: int


class TaskServices:
    """What the node of one task is given. What it shows, logs and gives back has its secrets blacked out."""

    __slots__ = ("_held", "_known", "_tools", "redaction", "task")

    def __init__(self, tools: Toolbox, task: DispatchTask) -> None:
        self._tools = tools
        self.task = task
        self._known: list[Any] = []
        self.redaction = NOTHING_SECRET
        #: The end of what was shown piece by piece, by its kind, as long as it may become a secret.
        self._held: dict[str, str] = {}

    @property
    def http(self) -> Outbound:
        """The guarded HTTP client of the process."""
        return self._tools.http

    def learn(self, secrets: Iterable[Any]) -> None:
        """Black out `secrets` from now on."""
        self._known += secrets
        self.redaction = Redaction(self._known)

    def progress(self, kind: str, text: str) -> None:
        """Show something of the task live."""
        if self.redaction and kind in IN_PIECES:
            text, self._held[kind] = self.redaction.beginning(self._held.get(kind, "") + text)
        if text:
            self._tools.show(self.task, kind, self.redaction.text(text))

    def end_progress(self) -> None:
        """Show what was held back: nothing follows that would make a secret of it."""
        for kind, text in self._held.items():
            if text:
                self._tools.show(self.task, kind, self.redaction.text(text))
        self._held.clear()

    def secret(self, name: str) -> Any:
        """Give a secret, which is blacked out from now on."""
        value = self._tools.secret_arguments.secrets.value(self.task.namespace, name)
        self.learn([value])
        return value

    def conceal(self, secret: Any) -> None:
        """Black out a value from now on."""
        self.learn([secret])

    def log(self, level: int, text: str) -> None:
        """Write a line to the worker's log."""
        task = self.task
        LOG.log(level, "%s%s/%d: %s", task.run_id, task.path, task.attempt, self.redaction.text(text))


class Execution:
    """Runs tasks of the node types it is given."""

    def __init__(self, nodes: Mapping[str, LoadedNode], toolbox: Toolbox) -> None:
        self._nodes = dict(nodes)
        self._disabled: dict[str, str] = {}
        self._tools = toolbox

    def put(self, node: LoadedNode) -> None:
        """Run tasks of a node type by `node` from now on; those under way are finished by the one they began with."""
        self._nodes[node.type.name] = node
        self._disabled.pop(node.type.name, None)

    def disable(self, name: str, reason: str) -> None:
        """Run no task of a node type until it is put again."""
        self._disabled[name] = reason

    async def run(self, task: DispatchTask, deadline_at_ms: int) -> Result:
        """Run the task's node and give what it came to. Raises nothing but `CancelledError`."""
        services = TaskServices(self._tools, task)
        try:
            if (table := self._tools.secret_arguments.secrets.table) is not None:
                await table.loaded()
            node = self._node(task.node_type)
            context = TaskContext(
                run_id=task.run_id,
                path=task.path,
                attempt=task.attempt,
                services=services,
                deadline_at_ms=deadline_at_ms,
            )
            arguments = await self._arguments(node, services, context)
            began_at = time.monotonic()
            output = await output_of(node.instance, arguments, context, node.type.retry_rules)
            return self._completed(services, output, round((time.monotonic() - began_at) * 1000))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a boundary: a node may fail in any way
            return _failed(task, services.redaction.error(_told(error, task)))
        finally:
            services.end_progress()

    def _node(self, name: str) -> LoadedNode:
        if name in self._disabled:
            raise fault("configuration", f"the node type {name!r} is disabled: {self._disabled[name]}")
        try:
            return self._nodes[name]
        except KeyError:
            known = ", ".join(sorted(self._nodes))
            raise fault("configuration", f"expected a node type out of {known}; found {name!r}") from None

    async def _arguments(self, node: LoadedNode, services: TaskServices, context: TaskContext) -> Any:
        task = services.task
        try:
            if task.secret_expressions is None:
                return node.type.arguments.validate_json(task.arguments)
            arguments, secrets = await self._tools.secret_arguments.fill(task, partial(_authorization, node, context))
            services.learn(secrets)
            return node.type.arguments.validate_python(arguments)
        except ValidationError as error:
            raise fault("validation", f"the arguments do not fit {node.type.name}: {_violations(error)}") from None

    def _completed(self, services: TaskServices, output: Any, duration_ms: int) -> CompleteTask:
        text = _json(output)
        if services.redaction:
            text = services.redaction.json_text(text)
        limit = self._tools.payload_bytes_max
        if len(text) * 4 > limit and (size := len(text.encode())) > limit:
            raise fault("runtime", f"expected an output of at most {limit} bytes, found {size}; let the task give less")
        details = f'{{"durationMs":{duration_ms}}}'
        return CompleteTask(path=services.task.path, attempt=services.task.attempt, output=text, details=details)


async def _authorization(node: LoadedNode, context: TaskContext, arguments: Any) -> Mapping[str, Any] | None:
    """Give the authorization that the arguments of a node say, if it knows of any."""
    resolve = getattr(node.instance, "authorization", None)
    found: Mapping[str, Any] | None = None if resolve is None else await resolve(arguments, context)
    return found


def timed_out(task: DispatchTask) -> FailTask:
    """Give the result of a task that did not end before its deadline."""
    return _failed(task, fault("timeout", "the task did not end before its deadline"))


def cancelled_itself(task: DispatchTask) -> FailTask:
    """Give the result of a task whose node was cancelled by nobody but itself."""
    return _failed(task, fault("runtime", "the node cancelled itself"))


def broken(task: DispatchTask, error: Exception) -> FailTask:
    """Give the result of a task whose own result could not be written."""
    LOG.error("%s%s/%d has no result that can be written", task.run_id, task.path, task.attempt, exc_info=error)
    return _failed(task, fault("runtime", f"the result could not be written: {type(error).__name__}"))


def _failed(task: DispatchTask, error: NodeError) -> FailTask:
    try:
        text = json.dumps(error.problem, ensure_ascii=False, default=str, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        text = json.dumps(fault("runtime", f"the node failed with a problem that is no JSON: {error}").problem)
    # Half a surrogate pair, as a node's message may have it, is no text that can be written.
    text = text.encode("utf-8", "replace").decode()
    return FailTask(path=task.path, attempt=task.attempt, error=text, retryable=error.retryable)


def _told(error: BaseException, task: DispatchTask) -> NodeError:
    found = as_node_error(error)
    if found is not error:
        LOG.debug("%s%s/%d failed", task.run_id, task.path, task.attempt, exc_info=error)
    return found


def _json(output: Any) -> str:
    if type(output) is JsonText:
        return output
    try:
        return to_json(output, inf_nan_mode="null").decode()
    except (PydanticSerializationError, ValueError) as error:
        raise fault("runtime", f"expected an output of JSON values, found {type(output).__name__}: {error}") from None


def _violations(error: ValidationError) -> str:
    told = [f"/{'/'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors(include_input=False)[:5]]
    return "; ".join(told)
