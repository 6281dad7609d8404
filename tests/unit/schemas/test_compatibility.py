from __future__ import annotations

import copy
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from schemas import compatibility, registry


def record(**fields: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": [{"name": name, **field} for name, field in fields.items()]}


A_STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("reader", "writer", "problem"),
    [
        (record(a=A_STRING), record(a=A_STRING), ""),
        (record(a=A_STRING, b={"type": "string", "default": ""}), record(a=A_STRING), ""),
        (record(a=A_STRING), record(a=A_STRING, b=A_STRING), ""),
        (record(a={"type": ["null", "string"]}), record(a=A_STRING), ""),
        (record(a=A_STRING, b=A_STRING), record(a=A_STRING), "R.b: is new and has no default"),
        (record(a={"type": "long"}), record(a=A_STRING), "R.a: was string, is long"),
        (record(a=A_STRING), record(a={"type": ["null", "string"]}), "R.a: expected a union"),
        ([record(a=A_STRING)], [record(a=A_STRING), {"type": "record", "name": "S", "fields": []}], "S left the union"),
        ([{"type": "record", "name": "S", "fields": []}, record(a=A_STRING)], [record(a=A_STRING)], ""),
        ({"type": "array", "items": "long"}, {"type": "array", "items": "string"}, r"R\[\]: was string, is long"),
    ],
)
def test_a_schema_reads_what_another_wrote_or_says_why_not(reader: Any, writer: Any, problem: str) -> None:
    found = list(compatibility.unreadable(reader, writer, "R"))
    if problem:
        assert len(found) == 1
        assert re.search(problem, found[0])
    else:
        assert not found


def test_the_released_schemas_are_as_they_were_and_readable() -> None:
    assert compatibility.problems() == []


def test_a_schema_that_changed_without_a_release_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = copy.deepcopy(registry.current("Task"))
    changed["fields"].append({"name": "priority", "type": "long", "doc": "How urgent it is.", "default": 0})
    monkeypatch.setattr(registry, "current", lambda name: changed)
    assert "differs from its release" in " ".join(compatibility.unreleased_changes("Task"))


def test_changed_words_alone_need_no_release(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = copy.deepcopy(registry.current("Task"))
    changed["fields"][0]["doc"] = "Said better."
    monkeypatch.setattr(registry, "current", lambda name: changed)
    assert not list(compatibility.unreleased_changes("Task"))


def test_a_released_file_that_was_changed_or_lost_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "schemas"
    shutil.copytree(registry.RELEASED, folder / "released")
    monkeypatch.setattr(registry, "FOLDER", folder)
    monkeypatch.setattr(registry, "RELEASED", folder / "released")
    (folder / "released" / "Task" / f"{registry.ids()['Task'][0]}.avsc").write_text("{}")
    (folder / "released" / "Progress" / f"{registry.ids()['Progress'][0]}.avsc").unlink()
    found = list(compatibility.changed_releases())
    assert [message.split(":")[1] for message in found] == [
        " a released schema was changed",
        " a released schema is missing; restore it, records with id 8 need it",
    ]


def test_each_id_belongs_to_one_schema() -> None:
    given = [number for released in registry.ids().values() for number in released]
    assert len(given) == len(set(given))
    for name, released in registry.ids().items():
        assert registry.schema_with_id(released[-1]).name == name
        assert f'"name": "{name}"' in registry.schema_text(released[-1])
