"""Which of several shapes the author meant."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from language.places import Path
from language.problems import Findings
from language.schema import DSL_SCHEMA
from language.words import kind, label, listed, quoted

Schema = dict[str, Any]
_JSON_TYPES: dict[type, tuple[str, ...]] = {
    str: ("string",),
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number", "integer"),
    dict: ("object",),
    list: ("array",),
    type(None): ("null",),
}


def branch_of(branches: list[Schema], value: Any) -> Schema | None:
    """Give the branch for values of this JSON type. The language's schema never has two."""
    names = _JSON_TYPES[type(value)]
    for branch in branches:
        wanted = branch.get("type")
        if wanted is None or any(name in names for name in ([wanted] if isinstance(wanted, str) else wanted)):
            return branch
    return None


class _Kinds(NamedTuple):
    """The kinds of tasks: by the key that tells the kind, the schema for each constant value of it (None: any)."""

    by_key: dict[str, dict[str | None, Schema]]
    #: Every key that some kind of task has.
    keys: frozenset[str]


@cache
def _kinds() -> _Kinds:
    definitions = DSL_SCHEMA["$defs"]
    by_key: dict[str, dict[str | None, Schema]] = {}
    keys: set[str] = set()
    for branch in definitions["task"]["oneOf"]:
        schema = definitions[branch["$ref"].removeprefix("#/$defs/")]
        first = schema["required"][0]
        by_key.setdefault(first, {})[schema["properties"][first].get("const")] = schema
        keys.update(schema["properties"])
    return _Kinds(by_key, frozenset(keys))


def kind_of(schema: Schema, value: Any, path: Path, findings: Findings) -> Schema | None:
    """Give the schema of the one kind that this task has. Notes a problem if it has none or several."""
    noun = schema["title"]
    if not isinstance(value, dict):
        _refuse(noun, value, path, findings)
        return None
    kinds = _kinds()
    present = _kinds_in(value, kinds)
    if len(present) != 1:
        _refuse_count(present, value, path, findings)
        return None
    variants = kinds.by_key[present[0]]
    told = value[present[0]]
    return variants.get(told if isinstance(told, str) else None) or variants.get(None) or next(iter(variants.values()))


def task_kind(task: dict[str, Any]) -> str:
    """Give the key that tells the kind of a task, or empty text if that is not clear."""
    present = _kinds_in(task, _kinds())
    return present[0] if len(present) == 1 else ""


def _kinds_in(value: dict[str, Any], kinds: _Kinds) -> list[str]:
    present = [key for key in value if key in kinds.by_key]
    if len(present) < 2:
        return present
    # `do` also belongs to `for`: a key that is only a part of another kind that is there tells nothing.
    parts = {key: set(next(iter(kinds.by_key[key].values()))["properties"]) for key in present}
    return [key for key in present if not any(key in parts[other] for other in present if other != key)] or present


def _refuse(noun: str, value: Any, path: Path, findings: Findings) -> None:
    if value is None:
        message = f"{label(path)} is empty; expected a {noun}: indent its keys below the name"
        findings.at_key(path, message, expected=f"a {noun}", found="nothing")
    else:
        message = f"{label(path)} must be a {noun}, that is a mapping, not {kind(value)}"
        findings.at_value(path, message, expected=f"a {noun}", found=kind(value))


def _refuse_count(present: list[str], value: dict[str, Any], path: Path, findings: Findings) -> None:
    kinds = _kinds()
    names = listed(sorted(kinds.by_key), "or")
    if len(present) > 1:
        message = f"{label(path)} is several kinds of task at once: {quoted(present)}; make each a task of its own"
        findings.at_key(path, message, expected="exactly one kind of task", found=listed(present))
        return
    noted = [_unknown(key, path, findings) for key in value if key not in kinds.keys]
    if not any(noted):
        message = f"{label(path)} does not say what to do; a task needs exactly one of {names}"
        findings.at_key(path, message, expected=f"exactly one of {names}", found=listed(value) if value else "nothing")


def _unknown(key: str, path: Path, findings: Findings) -> bool:
    """Note an unknown key; say whether it was probably meant to tell the kind of the task."""
    near = findings.suggestions.nearest(key, _kinds().keys)
    hint = f'; did you mean "{near}"?' if near else ""
    findings.at_key((*path, key), f'unknown key "{key}"{hint}', expected="a key of a task", found=f'"{key}"')
    return near in _kinds().by_key
