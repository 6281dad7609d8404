"""Plays documents on the real rules with the real node types, in virtual time; only the hosts are stand-ins."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from agentos.authoring import expression_check
from agentos.node_provisions import plain_yaml
from agentos.resources import BODY_BYTES, fetching_with
from api.checking import checker
from engine import commands as c
from engine import messages as m
from engine.definition import Definition
from expressions.evaluator import JqEvaluator
from expressions.pool import EvaluatorPool
from infra.worker_settings import NodeSettings
from language.resolving import Judge
from nodes.base import Caps
from nodes.provisions import ProcessRules, Provisions
from nodes.registry import load_registry
from streams.worker.arguments import SecretArguments
from streams.worker.execution import Execution, Toolbox
from streams.worker.role import loaded
from streams.worker.secrets import Secrets
from testkit import Play, play
from tests.conformance.hosts import Hosts, running_hosts
from tests.conformance.services import open_door

#: What a test may run on this machine.
PROCESSES = ProcessRules(
    allowed=frozenset({"python", "js", "shell", "mcp"}), timeout_s=30, memory_bytes=8 * 1024**3, output_bytes=65536
)
PAYLOAD_BYTES = 1024 * 1024


@dataclass(slots=True)
class Stage:
    """Where documents are played. `secrets` are those of the worker."""

    runner: asyncio.Runner
    hosts: Hosts
    execution: Execution
    secrets: dict[str, Any]
    judge: Judge

    def definition(self, text: str) -> Definition:
        """Read, check and compile a document as publishing does. Raises `InvalidDefinition`."""
        return checker(self.judge)(text).definition

    def play(
        self,
        document: str | Definition,
        given: Any = None,
        *,
        events: Sequence[Mapping[str, Any]] = (),
        workflows: Sequence[str] = (),
    ) -> Play:
        """Run a document, checked and compiled as publishing does. `workflows` are those it may start."""
        main = self.definition(document) if isinstance(document, str) else document
        others = [self.definition(text) for text in workflows]
        return play(main, given, self.work, events=events, workflows=others)

    def open_door(self, address: str) -> None:
        """Let an address answer with how it was asked."""
        open_door(self.hosts, address)

    def work(self, task: m.DispatchTask) -> c.Order:
        """Do a task as a worker does."""
        return self.runner.run(self.execution.run(task, task.deadline_ms))


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Give a stage, with its hosts."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        stage = runner.run(_built(runner, stack))
        try:
            yield stage
        finally:
            runner.run(stack.aclose())


async def _built(runner: asyncio.Runner, stack: AsyncExitStack) -> Stage:
    hosts = await stack.enter_async_context(running_hosts())
    http = await stack.enter_async_context(hosts.client())
    pool = await stack.enter_async_context(EvaluatorPool(size=1))
    provisions = Provisions(evaluate=pool.evaluate, read_yaml=plain_yaml, processes=PROCESSES)
    registry = load_registry()
    nodes = {name: loaded(found, pool, provisions) for name, found in registry.types.items()}
    known: dict[str, Any] = {}
    secrets = SecretArguments(Secrets([_Known(known)]), JqEvaluator(), pool.evaluate)
    tools = Toolbox(http=http, secret_arguments=secrets, show=lambda *_: None, payload_bytes_max=PAYLOAD_BYTES)
    fetch = fetching_with(hosts.options(Caps(body_bytes=BODY_BYTES)), NodeSettings(), runner.run)
    judge = Judge(catalog=registry, check_expressions=expression_check(), fetch=fetch)
    return Stage(runner, hosts, Execution(nodes, tools), known, judge)


@dataclass(frozen=True, slots=True)
class _Known:
    secrets: Mapping[str, Any]

    def find(self, namespace: str, name: str) -> str | None:
        """Give the text of a secret, the same in every namespace."""
        del namespace
        return json.dumps(self.secrets[name]) if name in self.secrets else None
