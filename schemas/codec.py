"""Records to bytes and back: `encode(commit)`, `decode(value)`. Confluent wire format: 0, the schema's id, Avro.

A value written with an older released schema is read through Avro's schema resolution, so that the log stays readable.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, get_args

import fastavro

from engine import commands, events, messages
from schemas import binary, records, registry

Record = (
    commands.Command
    | events.Commit
    | messages.DispatchTask
    | messages.CancelTask
    | messages.OpenSubscription
    | records.Definition
    | records.DeadLetter
    | records.Progress
)
Kind = TypeVar("Kind")

#: The dataclass of each schema of a value.
VALUES: Mapping[str, type] = MappingProxyType(
    {
        "Command": commands.Command,
        "Commit": events.Commit,
        "Task": messages.DispatchTask,
        "TaskCancellation": messages.CancelTask,
        "Subscription": messages.OpenSubscription,
        "Definition": records.Definition,
        "DeadLetter": records.DeadLetter,
        "Progress": records.Progress,
    }
)
_PARTS = {part.__name__: part for union in (commands.Order, events.Event) for part in get_args(union)}
_HEADER_BYTES = 5
_put_at_ms = vars(commands.Command)["at_ms"].__set__
_put_offset = vars(commands.Command)["offset"].__set__


class MalformedRecord(ValueError):
    """The value cannot be read: not ours, cut off, or written with a schema this version does not know."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def encode(record: Record) -> bytes:
    """Give the value of `record` on its topic."""
    header, write = _writers()[type(record)]
    out = bytearray(header)
    write(out, record)
    return bytes(out)


def decode(value: bytes | None) -> Record:
    """Give the record that `value` holds. Raises `MalformedRecord`."""
    if value is None or len(value) < _HEADER_BYTES:
        raise MalformedRecord(f"expected at least {_HEADER_BYTES} bytes, found {len(value or b'')}")
    if value[0] != 0:
        raise MalformedRecord(f"expected the magic byte 0 of a record with a schema id, found {value[0]}")
    number = int.from_bytes(value[1:_HEADER_BYTES], "big")
    reader = _readers().get(number)
    record: Record = _decode_older(number, value) if reader is None else _read(reader, value)
    return record


def decode_as(kind: type[Kind], value: bytes | None) -> Kind:
    """Give the record that `value` holds, if it is a `kind`. Raises `MalformedRecord` if it is anything else."""
    record = decode(value)
    if type(record) is not kind:
        raise MalformedRecord(f"expected a {kind.__name__}, found a {type(record).__name__}")
    return record


def decode_command(value: bytes | None, *, at_ms: int, offset: int) -> commands.Command:
    """Give the command that `value` holds, with timestamp and offset of its record. Raises `MalformedRecord`."""
    command = decode_as(commands.Command, value)
    _put_at_ms(command, at_ms)
    _put_offset(command, offset)
    return command


def _read(reader: binary.Reader, value: bytes) -> Any:
    try:
        record, end = reader(value, _HEADER_BYTES)
    except IndexError:
        raise MalformedRecord(f"the record is cut off: it ends after {len(value)} bytes") from None
    except ValueError as error:
        raise MalformedRecord(f"the record is not what its schema says: {error}") from None
    if end != len(value):
        raise MalformedRecord(f"expected a record of {end} bytes, found {len(value)}")
    return record


def _decode_older(number: int, value: bytes) -> Any:
    try:
        writer = registry.schema_with_id(number)
    except KeyError:
        raise MalformedRecord(
            f"expected a known schema id, found {number}; a newer version may have written it: upgrade"
        ) from None
    try:
        return _read(_readers()[registry.schema(writer.name).id], _as_current(writer, value))
    except MalformedRecord:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises many kinds for bytes that do not fit
        raise MalformedRecord(f"the record is not what schema {number} says: {error!r}") from None


def _as_current(writer: registry.Schema, value: bytes) -> bytes:
    newest = registry.schema(writer.name)
    data = fastavro.schemaless_reader(
        io.BytesIO(value[_HEADER_BYTES:]), parsed(writer.id), parsed(newest.id), return_record_name=True
    )
    return encoded_as_read(writer.name, data)


def plain_of(value: bytes) -> Any:
    """Give the plain data of a record of today's schema, as fastavro has it, its union branches named."""
    number = int.from_bytes(value[1:_HEADER_BYTES], "big")
    return fastavro.schemaless_reader(
        io.BytesIO(value[_HEADER_BYTES:]), parsed(number), parsed(number), return_record_name=True
    )


def encoded_as_read(name: str, data: Any) -> bytes:
    """Give the value on its topic of a record that fastavro read as plain data, union branches named."""
    newest = registry.schema(name)
    out = io.BytesIO()
    out.write(_header(newest.id))
    fastavro.schemaless_writer(out, parsed(newest.id), data)
    return out.getvalue()


@cache
def parsed(number: int) -> Any:
    """Give the schema with this id as fastavro wants it."""
    newest = next((name for name in registry.names() if registry.schema(name).id == number), None)
    data = registry.current(newest) if newest else registry.schema_with_id(number).data
    return fastavro.parse_schema(data)


@cache
def _writers() -> dict[type, tuple[bytes, binary.Writer]]:
    classes = {**_PARTS, **VALUES}
    return {
        kind: (_header(found.id), binary.compile_writer(found.data, classes))
        for name, kind in VALUES.items()
        for found in [registry.schema(name)]
    }


@cache
def _readers() -> dict[int, binary.Reader]:
    classes = {**_PARTS, **VALUES}
    return {
        found.id: binary.compile_reader(found.data, classes) for name in VALUES for found in [registry.schema(name)]
    }


def _header(number: int) -> bytes:
    return b"\0" + number.to_bytes(_HEADER_BYTES - 1, "big")
