from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from types import ModuleType

import pytest

from nodes.discovery import GROUP, built_in, installed
from nodes.registry import DuplicateNodeType, Registry, UnknownNodeType, load_registry

SHOUT = '''
from pydantic import BaseModel


class Shout:
    """Gives the text in capitals."""

    name = "shout"
    version = "1.2.3"

    class With(BaseModel):
        text: str

    async def run(self, with_, ctx) -> str:
        return with_.text.upper()
'''

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Give a function that installs a package: its name, source and the attribute its entry point leads to."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def package(name: str, source: str, attribute: str = "") -> None:
        (tmp_path / f"{name}.py").write_text(source)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}{attribute}\n")
        made.append(name)
        importlib.invalidate_caches()

    yield package
    for name in made:
        sys.modules.pop(name, None)


def from_packages(folder: Path) -> Registry:
    points: list[EntryPoint] = [
        point for found in distributions(path=[str(folder)]) for point in found.entry_points.select(group=GROUP)
    ]
    return load_registry(installed(sorted(points, key=lambda point: point.name)))


def test_our_own_node_types_are_found() -> None:
    registry = load_registry()

    assert {"echo", "http", "log"} <= set(registry.names())
    assert registry.broken == ()


def test_every_own_node_type_describes_itself() -> None:
    for found in load_registry().types.values():
        assert found.description, found.name
        assert found.with_schema is not None
        assert found.output_schema is not None


def test_the_schema_of_with_is_the_models(install: Install, tmp_path: Path) -> None:
    install("shouting", SHOUT, ":Shout")
    registry = from_packages(tmp_path)
    schema = registry.with_schema("shout")

    assert schema is not None
    assert schema["required"] == ["text"]
    assert registry.with_schema("unheard-of") is None


def test_a_package_brings_a_class_a_function_or_a_module(install: Install, tmp_path: Path) -> None:
    function = (
        "async def whisper(with_: str, ctx) -> str:\n    'Gives the text in small letters.'\n    return with_.lower()\n"
    )
    install("a_class", SHOUT, ":Shout")
    install("b_function", function, ":whisper")
    install("c_module", SHOUT.replace('"shout"', '"shout-again"'))
    registry = from_packages(tmp_path)

    assert registry.names() == ["shout", "shout-again", "whisper"]
    assert registry.types["whisper"].with_schema == {"type": "string"}
    assert registry.types["shout"].version == "1.2.3"
    assert "a_class 1.0" in registry.types["shout"].origin


def test_two_packages_with_one_name_are_refused_by_both_their_names(install: Install, tmp_path: Path) -> None:
    install("one", SHOUT, ":Shout")
    install("other", SHOUT, ":Shout")

    with pytest.raises(DuplicateNodeType, match=r"called 'shout', found two: .*one 1\.0.* and .*other 1\.0.*uninstall"):
        from_packages(tmp_path)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no such luck')", "RuntimeError: no such luck"),
        ("import nothing_like_this", "ModuleNotFoundError"),
        ("this is no python", "SyntaxError"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("Shout = 1", "TypeError: expected a class"),
        (SHOUT.replace('name = "shout"', 'name = "no good name"'), "expected a `name`"),
        (SHOUT.replace('"1.2.3"', "None"), "expected a `version`"),
        (SHOUT.replace("async def run", "def run"), "expected `async def run"),
        (SHOUT.replace("class With(BaseModel)", "class Without(BaseModel)"), "expected a pydantic model `With`"),
        (SHOUT.replace("text: str", "text: object()"), "PydanticSchemaGenerationError"),
        (SHOUT.replace("class With", 'examples = ({"txt": 1},)\n\n    class With'), "text"),
    ],
)
def test_a_broken_package_is_named_and_the_others_work(
    install: Install, tmp_path: Path, source: str, reason: str
) -> None:
    install("broken", source, ":Shout")
    install("sound", SHOUT.replace('"shout"', '"sound"'), ":Shout")
    registry = from_packages(tmp_path)

    assert registry.names() == ["sound"]
    assert [("broken 1.0" in found.origin, reason in found.reason) for found in registry.broken] == [(True, True)]


def test_a_new_file_in_the_package_is_a_new_node_type(install: Install, tmp_path: Path) -> None:
    folder = tmp_path / "mynodes"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "shout.py").write_text(SHOUT)
    package: ModuleType = importlib.import_module("mynodes")

    assert load_registry(built_in(package)).names() == ["shout"]
    assert len(SHOUT.strip().splitlines()) <= 30


def test_a_worker_is_told_which_type_it_does_not_know() -> None:
    registry = load_registry()

    assert [found.name for found in registry.chosen(["http", "echo", "http"])] == ["http", "echo"]
    assert len(registry.chosen([])) == len(registry.types)
    with pytest.raises(UnknownNodeType, match="found htpp"):
        registry.chosen(["htpp"])
