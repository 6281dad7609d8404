"""A run as one file: an Avro object container of its commits, its definition and their schemas.

The first entry is a `BundleHeader`, then one `BundleDefinition` if it is known, then each commit. Any
Avro tool reads the file; the schemas of our own records are in it as texts, for the events it was written by.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

import fastavro

from engine.events import Commit
from schemas import registry
from schemas.codec import MalformedRecord, decode_as, encode, encoded_as_read, plain_of

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleHeader:
    """What the file is about, and what its state has to be."""

    format: int = FORMAT
    run_id: str
    partition: int
    made_at_ms: int
    #: Version of AgentOS that made it.
    made_by: str
    #: Number of the last event, and digest of the state after it, folded from what is in this file.
    seq: int
    state_hash: str
    #: Digest of the state as it is in the log; the same unless something was blacked out.
    log_state_hash: str
    #: How many values were blacked out.
    redacted: int
    #: JSON texts of the schemas of commits and definitions.
    schemas: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleDefinition:
    """The definition of the run."""

    namespace: str
    name: str
    version: str
    text: str
    document: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleCommit:
    """A commit, as it is in the log but for what was blacked out."""

    commit: Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What is in a file."""

    header: BundleHeader
    definition: BundleDefinition | None
    commits: tuple[BundleCommit, ...]


def write_bundle(bundle: Bundle) -> bytes:
    """Give the file."""
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(_schema()), _entries(bundle), codec="deflate")
    return out.getvalue()


def read_bundle(data: bytes) -> Bundle:
    """Give what is in a file. Raises `MalformedRecord` for anything that is no whole bundle."""
    try:
        entries = list(fastavro.reader(io.BytesIO(data), fastavro.parse_schema(_schema()), return_record_name=True))
    except Exception as error:  # noqa: BLE001 - the library raises many kinds for bytes that do not fit
        raise MalformedRecord(f"expected a bundle of a run, an Avro container file; found: {error!r}") from None
    parts = [_typed(entry["entry"]) for entry in entries]  # type: ignore[index,call-overload]
    headers = [part for part in parts if isinstance(part, BundleHeader)]
    definitions = [part for part in parts if isinstance(part, BundleDefinition)]
    commits = tuple(part for part in parts if isinstance(part, BundleCommit))
    if len(headers) != 1 or headers[0].format > FORMAT:
        raise MalformedRecord(f"expected a bundle of format {FORMAT}, found {headers[:1]}; a newer version may read it")
    return Bundle(header=headers[0], definition=definitions[0] if definitions else None, commits=commits)


def current_schemas() -> list[str]:
    """Give the texts of the schemas that a bundle brings along."""
    return [registry.schema(name).text for name in ("Commit", "Definition")]


def _entries(bundle: Bundle) -> Iterator[dict[str, Any]]:
    yield {"entry": ("BundleHeader", asdict(bundle.header))}
    if bundle.definition is not None:
        yield {"entry": ("BundleDefinition", asdict(bundle.definition))}
    for each in bundle.commits:
        yield {"entry": ("BundleCommit", {"commit": plain_of(encode(each.commit))})}


def _typed(entry: Any) -> BundleHeader | BundleDefinition | BundleCommit:
    name, data = entry
    match name.rpartition(".")[2]:
        case "BundleHeader":
            return BundleHeader(**data)
        case "BundleDefinition":
            return BundleDefinition(**data)
        case _:
            return BundleCommit(commit=decode_as(Commit, encoded_as_read("Commit", data["commit"])))


_TYPES = {"int": "long", "str": "string", "list[str]": {"type": "array", "items": "string"}}


def _schema() -> dict[str, Any]:
    header, definition = (_record(kind) for kind in (BundleHeader, BundleDefinition))
    commit = _fields(("commit", registry.current("Commit")))
    branches = [header, definition, {"type": "record", "name": "BundleCommit", "fields": commit}]
    return {"type": "record", "name": "BundleEntry", "fields": _fields(("entry", branches))}


def _record(kind: type[Any]) -> dict[str, Any]:
    parts: Iterable[tuple[str, Any]] = ((each.name, _TYPES[str(each.type)]) for each in fields(kind))
    return {"type": "record", "name": kind.__name__, "fields": _fields(*parts)}


def _fields(*parts: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "type": kind} for name, kind in parts]
