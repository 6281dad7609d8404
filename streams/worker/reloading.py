"""Node types that come, change and go while a worker runs: those of a folder that is watched during development."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.errors import InfrastructureError
from nodes.registry import NodeType, Registry
from streams.worker.execution import LoadedNode
from streams.worker.figures import Figures
from streams.worker.worker import NodeWorker

LOG = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
#: How long Faust collects new topics before it subscribes to them all.
SUBSCRIBE_AFTER_S = 0.2

#: Makes a node of its type.
Load = Callable[[NodeType], LoadedNode]
#: Gives the topic of a node type's tasks, which it creates if it is not there. It blocks.
Prepare = Callable[[NodeType], str]


@dataclass(slots=True, kw_only=True)
class Reloading:
    """Keeps a worker's node types those of a registry."""

    registry: Registry
    #: Only these; all when there are none.
    chosen: Sequence[str]
    worker: NodeWorker
    figures: Figures
    load: Load
    prepare: Prepare
    known: dict[str, NodeType]
    topics: set[str] = field(default_factory=set)

    async def keep_looking(self) -> None:
        """Look for changes again and again, for ever."""
        conductor: Any = self.worker.parts.app.topics
        conductor._resubscribe_sleep_lock_seconds = SUBSCRIBE_AFTER_S  # noqa: SLF001  # Faust has no setting for it
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if conductor._subscription_changed is not None:  # noqa: SLF001  # it has subscribed for the first time
                await self.look()

    async def look(self) -> None:
        """Serve what is new or changed, and disable what is gone."""
        current = {name: found for name, found in self.registry.types.items() if not self.chosen or name in self.chosen}
        for name in [name for name in self.known if name not in current]:
            del self.known[name]
            reason = self._why_gone()
            LOG.warning("node type %s disabled: %s", name, reason)
            self.worker.parts.execution.disable(name, reason)
        for name, found in current.items():
            if self.known.get(name) is not found:
                await self._serve(found)
        self._subscribe_again()

    async def _serve(self, found: NodeType) -> None:
        try:
            node = self.load(found)
            topic = await asyncio.to_thread(self.prepare, found)
        except InfrastructureError as error:
            LOG.warning("node type %s is not served yet: %s", found.name, error)
            return
        except Exception as error:  # noqa: BLE001  # a boundary: its constructor may fail in any way
            LOG.error("node type %s can't be made: %s", found.name, error)  # noqa: TRY400  # its trace is the author's
            self.worker.parts.execution.disable(found.name, f"{type(error).__name__}: {error}")
            self.known[found.name] = found
            return
        await self.worker.serve(topic, node)
        if topic not in self.topics:
            self.topics.add(topic)
            self.figures.watch({topic: self.worker.crews[topic]})
        self.known[found.name] = found
        LOG.info("node type %s is served as %s has it", found.name, found.origin)

    def _subscribe_again(self) -> None:
        """Tell Faust again of topics that it did not subscribe to: during a rebalance it forgets them."""
        conductor: Any = self.worker.parts.app.topics
        if any(topic not in conductor._topic_name_index for topic in self.topics):  # noqa: SLF001
            conductor._flag_changes()  # noqa: SLF001

    def _why_gone(self) -> str:
        broken = "; ".join(f"{one.origin} can't be loaded: {one.reason}" for one in self.registry.broken)
        return broken or "its file is gone"
