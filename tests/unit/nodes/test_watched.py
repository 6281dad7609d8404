from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nodes import watched
from nodes.registry import Registry, load_registry
from tests.unit.nodes.test_registry import SHOUT

Save = Callable[[str, str], None]


@pytest.fixture
def save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Save:
    """Give a function that saves a file in the watched folder, later than before."""
    monkeypatch.setattr(watched, "LOOK_AGAIN_S", 0.0)
    moments = iter(range(1_000_000_000, 2_000_000_000))

    def write(name: str, source: str) -> None:
        (tmp_path / name).write_text(source)
        moment = next(moments)
        os.utime(tmp_path / name, (moment, moment))

    return write


def watching(folder: Path) -> Registry:
    return load_registry([], folder=folder)


def test_a_file_in_the_folder_is_a_node_type_as_soon_as_it_is_there(tmp_path: Path, save: Save) -> None:
    registry = watching(tmp_path)
    assert registry.names() == []

    save("shout.py", SHOUT)

    assert registry.names() == ["shout"]
    schema = registry.with_schema("shout")
    assert schema is not None
    assert schema["required"] == ["text"]
    assert registry.types["shout"].origin == f"file {tmp_path / 'shout.py'}"
    assert [found.name for found in registry.chosen([])] == ["shout"]


def test_a_changed_file_is_loaded_again_and_an_unchanged_one_is_not(tmp_path: Path, save: Save) -> None:
    registry = watching(tmp_path)
    save("shout.py", SHOUT)
    save("other.py", SHOUT.replace('"shout"', '"other"'))
    before, other = registry.types["shout"], registry.types["other"]

    save("shout.py", SHOUT.replace("1.2.3", "1.2.4"))

    assert (before.version, registry.types["shout"].version) == ("1.2.3", "1.2.4")
    assert registry.types["other"] is other


@pytest.mark.parametrize("source", ["this is no python", "raise SystemExit(3)", SHOUT.replace("async def", "def")])
def test_a_broken_file_is_named_and_disabled_until_it_is_mended(tmp_path: Path, save: Save, source: str) -> None:
    registry = watching(tmp_path)
    save("shout.py", SHOUT)
    save("other.py", SHOUT.replace('"shout"', '"other"'))
    assert registry.names() == ["other", "shout"]

    save("shout.py", source)
    assert registry.names() == ["other"]
    assert [found.origin for found in registry.broken] == [f"file {tmp_path / 'shout.py'}"]

    save("shout.py", SHOUT)
    assert registry.names() == ["other", "shout"]
    assert list(registry.broken) == []


def test_a_name_that_is_taken_is_refused_by_name(tmp_path: Path, save: Save) -> None:
    registry = load_registry(folder=tmp_path)
    save("a.py", SHOUT)
    save("b.py", SHOUT)
    save("c.py", SHOUT.replace('"shout"', '"http"'))

    assert registry.types["http"].origin == "module nodes.http"
    assert registry.types["shout"].origin == f"file {tmp_path / 'a.py'}"
    assert [f"found another: file {tmp_path / 'a.py'}" in registry.broken[0].reason] == [True]
    assert "found another: module nodes.http" in registry.broken[1].reason


def test_a_file_that_is_gone_takes_its_node_types_along(tmp_path: Path, save: Save) -> None:
    registry = watching(tmp_path)
    save("shout.py", SHOUT)
    save("_draft.py", "this is no python")
    assert registry.names() == ["shout"]

    (tmp_path / "shout.py").unlink()

    assert registry.names() == []
    assert len(registry.broken) == 0


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert watching(tmp_path / "none").names() == []
