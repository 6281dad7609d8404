"""Keeps old data readable: `python -m schemas.compatibility` fails if it is not, `… release` freezes changed schemas.

The rule is Confluent's BACKWARD_TRANSITIVE: the schema of today reads what any released one wrote, because events are
kept for ever. Older code does not read newer ids: it stops at them and says so. A new field has a default, a field
never changes its type, a record never leaves its union.
A released file never changes; a changed schema gets the next free id. Changed docs alone need no new id.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

from schemas import registry

VALUES = ("Command", "Commit", "Task", "TaskCancellation", "Subscription", "Definition", "DeadLetter", "Progress")


def problems() -> list[str]:
    """Give one sentence for everything that would make data unreadable or ids untrue, empty when all is well."""
    found = [*changed_releases()]
    for name in VALUES:
        found += unreleased_changes(name)
        for number in registry.ids().get(name, []):
            if registry.released_path(name, number).is_file():
                written = registry.released_data(name, number)
                found += (f"{name} {number}: {each}" for each in unreadable(registry.current(name), written, name))
    return found


def changed_releases() -> Iterator[str]:
    """Give a sentence for each released schema that is missing or not what it was."""
    for name, versions in registry.fingerprints().items():
        for number, expected in versions.items():
            path = registry.released_path(name, int(number))
            where = path.relative_to(registry.FOLDER.parent)
            if not path.is_file():
                yield f"{where}: a released schema is missing; restore it, records with id {number} need it"
            elif (found := fingerprint(path.read_bytes())) != expected:
                yield f"{where}: a released schema was changed: expected SHA-256 {expected}, found {found}; restore it"


def unreleased_changes(name: str) -> Iterator[str]:
    """Give a sentence if the schema `name` differs, in more than docs, from its newest release."""
    released = registry.ids().get(name, [])
    if not released:
        yield f"{name}: expected a released schema, found none; run: python -m schemas.compatibility release"
    elif without_docs(registry.current(name)) != without_docs(registry.released_data(name, released[-1])):
        yield f"{name}: differs from its release {released[-1]}; run: python -m schemas.compatibility release"


def unreadable(reader: Any, writer: Any, where: str) -> Iterator[str]:
    """Give a sentence for each part of data of schema `writer` that schema `reader` cannot read."""
    match writer, reader:
        case list(), list():
            for branch in writer:
                yield from _unreadable_branch(reader, branch, where)
        case list(), _:
            yield f"{where}: expected a union, found {_kind(reader)}"
        case _, list():
            yield from _unreadable_branch(reader, writer, where)
        case {"type": "record"}, {"type": "record"}:
            yield from _unreadable_record(reader, writer, where)
        case {"type": "array"}, {"type": "array"}:
            yield from unreadable(reader["items"], writer["items"], f"{where}[]")
        case _ if writer != reader:
            yield f"{where}: was {_kind(writer)}, is {_kind(reader)}; add a field instead"


def _unreadable_branch(reader: list[Any], branch: Any, where: str) -> Iterator[str]:
    same = next((candidate for candidate in reader if _kind(candidate) == _kind(branch)), None)
    if same is None:
        yield f"{where}: {_kind(branch)} left the union; keep it, released records hold it"
    else:
        yield from unreadable(same, branch, where)


def _unreadable_record(reader: Any, writer: Any, where: str) -> Iterator[str]:
    here = where if where == reader["name"] else f"{where}.{reader['name']}"
    written = {field["name"]: field for field in writer["fields"]}
    for field in reader["fields"]:
        before = written.get(field["name"])
        if before is not None:
            yield from unreadable(field["type"], before["type"], f"{here}.{field['name']}")
        elif "default" not in field:
            yield f"{here}.{field['name']}: is new and has no default; give it one"


def _kind(schema: Any) -> str:
    return str(schema.get("name", schema["type"])) if isinstance(schema, dict) else str(schema)


def release() -> list[str]:
    """Freeze each schema that differs from its newest release, with the next free ids; give the names."""
    known = dict(registry.fingerprints()) if registry.IDS.is_file() else {}
    changed = [name for name in VALUES if not known.get(name) or any(unreleased_changes(name))]
    free = max((int(number) for versions in known.values() for number in versions), default=0) + 1
    for number, name in enumerate(changed, start=free):
        path = registry.released_path(name, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(registry.text_of(registry.current(name)), encoding="utf-8")
        known[name] = {**known.get(name, {}), str(number): fingerprint(path.read_bytes())}
    registry.IDS.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    return changed


def fingerprint(text: bytes) -> str:
    """Give the SHA-256 of a released file."""
    return hashlib.sha256(text).hexdigest()


def without_docs(schema: Any) -> Any:
    """Give the schema without what does not change the bytes."""
    match schema:
        case dict():
            return {key: without_docs(value) for key, value in schema.items() if key != "doc"}
        case list():
            return [without_docs(part) for part in schema]
        case _:
            return schema


def main(arguments: list[str]) -> int:
    """Check, or release with `release`; give the exit code."""
    if arguments == ["release"]:
        sys.stdout.write(f"released: {', '.join(release()) or 'nothing, no schema changed'}\n")
        return 0
    found = problems()
    sys.stdout.write("".join(f"{problem}\n" for problem in found) or "schemas: all released data is readable\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
