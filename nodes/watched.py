"""Node types in a folder, for development: each `*.py` file is loaded, and loaded again when it changes.

A file stands alone: it may import what is installed, and nothing next to it. One that can't be loaded is named and
disabled, until it changes; the others go on. Files whose names begin with `_` or `.` are left out.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Final, overload

from nodes.discovery import classes_in

if TYPE_CHECKING:
    from nodes.registry import BrokenNodeType, NodeType

LOG = logging.getLogger(__name__)

#: How soon after a look at the folder there may be another.
LOOK_AGAIN_S: Final = 0.2
PREFIX: Final = "agentos_watched_"

#: When a file changed last, and its size.
Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What one file gave: node types, or why it is disabled."""

    stamp: Stamp
    types: tuple[NodeType, ...] = ()
    broken: BrokenNodeType | None = None


@dataclass(slots=True)
class WatchedFolder:
    """The node types of a folder as they are now. `taken` are the names that belong to others."""

    folder: Path
    describe: Callable[[type, str], NodeType]
    broken: Callable[[str, str], BrokenNodeType]
    taken: Mapping[str, NodeType] = field(default_factory=dict)
    _files: dict[Path, Loaded] = field(default_factory=dict)
    _looked_at: float = 0.0

    def types(self) -> dict[str, NodeType]:
        """Give the node types that can be used now."""
        self._look()
        return {found.name: found for loaded in self._files.values() for found in loaded.types}

    def disabled(self) -> list[BrokenNodeType]:
        """Give the files that can't be loaded now."""
        self._look()
        return [loaded.broken for loaded in self._files.values() if loaded.broken is not None]

    def _look(self) -> None:
        now = time.monotonic()
        if self._looked_at and now - self._looked_at < LOOK_AGAIN_S:
            return
        self._looked_at = now
        stamps = _stamps(self.folder)
        for path in [path for path in self._files if path not in stamps]:
            LOG.info("node types of %s are gone", path)
            del self._files[path]
        for path, stamp in stamps.items():
            known = self._files.get(path)
            if known is None or known.stamp != stamp:
                self._files[path] = self._loaded(path, stamp)

    def _loaded(self, path: Path, stamp: Stamp) -> Loaded:
        try:
            found = tuple(self.describe(loaded, f"file {path}") for loaded in load_file(path))
            self._refuse_taken(path, found)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a boundary: a file may fail in any way
            reason = f"{type(error).__name__}: {error}"
            LOG.error("Node type disabled: file %s can't be loaded: %s", path, reason)  # noqa: TRY400
            return Loaded(stamp=stamp, broken=self.broken(f"file {path}", reason))
        LOG.info("loaded %s from %s", ", ".join(one.name for one in found) or "no node type", path)
        return Loaded(stamp=stamp, types=found)

    def _refuse_taken(self, path: Path, found: Sequence[NodeType]) -> None:
        others = {one.name: one for file, loaded in self._files.items() if file != path for one in loaded.types}
        for one in found:
            known = self.taken.get(one.name) or others.get(one.name)
            if known is not None:
                raise ValueError(f"expected one node type called {one.name!r}, found another: {known.origin}")


class Live(Mapping[str, "NodeType"]):
    """Fixed node types, and those of a folder as they are when somebody asks."""

    def __init__(self, fixed: Mapping[str, NodeType], folder: WatchedFolder) -> None:
        self._fixed = fixed
        self._folder = folder

    def __getitem__(self, name: str) -> NodeType:
        found = self._fixed.get(name)
        return found if found is not None else self._folder.types()[name]

    def __iter__(self) -> Iterator[str]:
        return iter([*self._fixed, *self._folder.types()])

    def __len__(self) -> int:
        return len(self._fixed) + len(self._folder.types())


class LiveBroken(Sequence["BrokenNodeType"]):
    """Node types that could not be loaded, those of a folder as they are when somebody asks."""

    def __init__(self, fixed: Sequence[BrokenNodeType], folder: WatchedFolder) -> None:
        self._fixed = fixed
        self._folder = folder

    @overload
    def __getitem__(self, index: int) -> BrokenNodeType: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[BrokenNodeType]: ...

    def __getitem__(self, index: int | slice) -> BrokenNodeType | Sequence[BrokenNodeType]:
        return [*self._fixed, *self._folder.disabled()][index]

    def __len__(self) -> int:
        return len(self._fixed) + len(self._folder.disabled())


class FreshSource(SourceFileLoader):
    """Compiles the file as it is: a cached form may be older than a quick change."""

    def get_code(self, fullname: str) -> CodeType:
        """Give the code of the file."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def load_file(path: Path) -> list[type]:
    """Give the node types that a file defines. Raises whatever the file raises."""
    name = PREFIX + path.stem
    spec = importlib.util.spec_from_loader(name, FreshSource(name, str(path)))
    assert spec is not None  # noqa: S101  # mypy
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if before is not None:
            sys.modules[name] = before
        else:
            del sys.modules[name]
        raise
    return classes_in(module)


def _stamps(folder: Path) -> dict[Path, Stamp]:
    found: dict[Path, Stamp] = {}
    try:
        for path in sorted(folder.glob("*.py")):
            if not path.name.startswith(("_", ".")):
                status = path.stat()
                found[path] = (status.st_mtime_ns, status.st_size)
    except OSError as error:
        LOG.warning("the folder of node types can't be read: %s", error)
    return found
