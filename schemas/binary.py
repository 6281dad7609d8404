"""Avro's binary encoding, compiled once for each pair of schema and dataclass.

Fastavro goes through dictionaries and searches a union of forty records for each event: about 45 µs for a commit of
eight events, each way. The loops here know their schema and read into the dataclass itself: about 15 µs. They cover
what our schemas use (string, bytes, long, boolean, nullable of these, records, unions and arrays of records) and
refuse the rest; the tests compare every record with fastavro's bytes.

A writer is called with the bytes so far and a value; a reader with all bytes and a position, and gives the value and
the next position.
Reading past the end raises `IndexError` or gives a position behind the end: the caller compares it with the length.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

Writer = Callable[[bytearray, Any], None]
Reader = Callable[[bytes, int], tuple[Any, int]]
Classes = Mapping[str, type]

_MAX_LONG_BITS = 63


def write_long(out: bytearray, value: int) -> None:
    """Append a long: zigzag, seven bits a byte, lowest first."""
    rest = (value << 1) ^ (value >> _MAX_LONG_BITS)
    while rest > 127:
        out.append(rest & 127 | 128)
        rest >>= 7
    out.append(rest)


def read_long(raw: bytes, at: int) -> tuple[int, int]:
    """Read a long."""
    byte = raw[at]
    at += 1
    value = byte & 127
    shift = 7
    while byte > 127:
        if shift > _MAX_LONG_BITS:
            raise ValueError("a number has more than 64 bits")
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
    return (value >> 1) ^ -(value & 1), at


def _write_bytes(out: bytearray, value: bytes) -> None:
    write_long(out, len(value))
    out += value


def _read_bytes(raw: bytes, at: int) -> tuple[bytes, int]:
    size, at = read_long(raw, at)
    if size < 0:
        raise ValueError("a length is below zero")
    return raw[at : at + size], at + size


def _write_string(out: bytearray, value: str) -> None:
    encoded = value.encode()
    size = len(encoded)
    if size < 64:
        out.append(size << 1)
    else:
        write_long(out, size)
    out += encoded


def _read_string(raw: bytes, at: int) -> tuple[str, int]:
    size = raw[at]
    if size < 128 and not size & 1:
        at += 1
        end = at + (size >> 1)
        return raw[at:end].decode(), end
    value, end = _read_bytes(raw, at)
    return value.decode(), end


def _write_boolean(out: bytearray, value: bool) -> None:  # noqa: FBT001 - a writer is called with the value alone
    out.append(1 if value else 0)


def _read_boolean(raw: bytes, at: int) -> tuple[bool, int]:
    return raw[at] == 1, at + 1


_WRITERS: dict[str, Writer] = {
    "string": _write_string,
    "long": write_long,
    "bytes": _write_bytes,
    "boolean": _write_boolean,
}
_READERS: dict[str, Reader] = {
    "string": _read_string,
    "long": read_long,
    "bytes": _read_bytes,
    "boolean": _read_boolean,
}


def compile_writer(schema: Any, classes: Classes) -> Writer:
    """Give the writer for values of `schema`. `classes` has the dataclass of each record name."""
    match schema:
        case str() if schema in _WRITERS:
            return _WRITERS[schema]
        case ["null", inner]:
            return _nullable_writer(compile_writer(inner, classes))
        case [{"type": "record"}, *_]:
            return _union_writer(schema, classes)
        case {"type": "array", "items": items}:
            return _array_writer(compile_writer(items, classes))
        case {"type": "record"}:
            return _record_writer(schema, classes)
        case _:
            raise ValueError(f"expected a part of Avro that our schemas use, found {schema!r}; teach schemas/binary.py")


def compile_reader(schema: Any, classes: Classes) -> Reader:
    """Give the reader for values of `schema`. `classes` has the dataclass of each record name."""
    match schema:
        case str() if schema in _READERS:
            return _READERS[schema]
        case ["null", inner]:
            return _nullable_reader(compile_reader(inner, classes))
        case [{"type": "record"}, *_]:
            return _union_reader([compile_reader(branch, classes) for branch in schema])
        case {"type": "array", "items": items}:
            return _array_reader(compile_reader(items, classes))
        case {"type": "record"}:
            return _record_reader(schema, classes[schema["name"]], classes)
        case _:
            raise ValueError(f"expected a part of Avro that our schemas use, found {schema!r}; teach schemas/binary.py")


def _nullable_writer(inner: Writer) -> Writer:
    def write(out: bytearray, value: Any) -> None:
        if value is None:
            out.append(0)
        else:
            out.append(2)
            inner(out, value)

    return write


def _nullable_reader(inner: Reader) -> Reader:
    def read(raw: bytes, at: int) -> tuple[Any, int]:
        branch = raw[at]
        if branch == 2:
            return inner(raw, at + 1)
        if branch:
            raise ValueError("a nullable value is of no known kind")
        return None, at + 1

    return read


def _record_writer(schema: Any, classes: Classes) -> Writer:
    fields = [(field["name"], compile_writer(field["type"], classes)) for field in schema["fields"]]
    writers = tuple(writer for _, writer in fields)
    if len(fields) < 2:
        return _small_record_writer(fields)
    values = attrgetter(*(name for name, _ in fields))

    def write(out: bytearray, record: Any) -> None:
        for writer, value in zip(writers, values(record), strict=True):
            writer(out, value)

    return write


def _small_record_writer(fields: list[tuple[str, Writer]]) -> Writer:
    def write(out: bytearray, record: Any) -> None:
        for name, writer in fields:
            writer(out, getattr(record, name))

    return write


def _record_reader(schema: Any, record_class: type, classes: Classes) -> Reader:
    new: Any = object.__new__
    # The slots' own setters: the records are frozen, and this is where they come to be. Faster than `__init__` by half.
    fields = tuple(
        (getattr(record_class, field["name"]).__set__, compile_reader(field["type"], classes))
        for field in schema["fields"]
    )

    def read(raw: bytes, at: int) -> tuple[Any, int]:
        record = new(record_class)
        for put, reader in fields:
            value, at = reader(raw, at)
            put(record, value)
        return record, at

    return _with_defaults(read, record_class, {field["name"] for field in schema["fields"]})


def _with_defaults(read: Reader, record_class: type, in_schema: set[str]) -> Reader:
    missing = [field for field in dataclasses.fields(record_class) if field.name not in in_schema]
    if not missing:
        return read
    puts = tuple((getattr(record_class, field.name).__set__, field.default) for field in missing)

    def read_and_fill(raw: bytes, at: int) -> tuple[Any, int]:
        record, at = read(raw, at)
        for put, default in puts:
            put(record, default)
        return record, at

    return read_and_fill


def _union_writer(branches: list[Any], classes: Classes) -> Writer:
    writers: dict[type, tuple[bytes, Writer]] = {}
    for index, branch in enumerate(branches):
        tag = bytearray()
        write_long(tag, index)
        writers[classes[branch["name"]]] = (bytes(tag), compile_writer(branch, classes))

    def write(out: bytearray, record: Any) -> None:
        tag, writer = writers[type(record)]
        out += tag
        writer(out, record)

    return write


def _union_reader(readers: list[Reader]) -> Reader:
    def read(raw: bytes, at: int) -> tuple[Any, int]:
        index, at = read_long(raw, at)
        if not 0 <= index < len(readers):
            raise ValueError(f"a union has no branch {index}")
        return readers[index](raw, at)

    return read


def _array_writer(item: Writer) -> Writer:
    def write(out: bytearray, values: Any) -> None:
        if values:
            write_long(out, len(values))
            for value in values:
                item(out, value)
        out.append(0)

    return write


def _array_reader(item: Reader) -> Reader:
    def read(raw: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        values = []
        count, at = read_long(raw, at)
        while count:
            if count < 0:
                count = -count
                _, at = read_long(raw, at)
            if count > len(raw):
                raise ValueError("an array is longer than its record")
            for _ in range(count):
                value, at = item(raw, at)
                values.append(value)
            count, at = read_long(raw, at)
        return tuple(values), at

    return read
