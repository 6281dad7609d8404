"""The validator process: validates one JSON text after the other, confined, until its input ends or it is killed.

Started by `language.validator_pool` as `python -m language.validating PARENT MEMORY_BYTES`. It speaks as the evaluator
process does (`expressions.child`), with the schema in the place of the program; it answers with an array of sentences.
"""

from __future__ import annotations

import json
import sys
from typing import BinaryIO

from expressions.child import REQUEST, confine, die_with, limit_cpu, reply
from language.validate import JsonSchemaValidator, Patience

#: Something of every part of the library, so that what it loads late is loaded before the files are closed.
_WARM = '{"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"b":{"pattern":"^c"}},"required":["d"]}}}'


def main() -> None:
    """Serve requests from standard input on standard output."""
    parent, memory_bytes = map(int, sys.argv[1:])
    die_with(parent)
    validator = JsonSchemaValidator(Patience.WITHOUT)
    validator.violations(_WARM, '{"b":"x"}')
    confine(memory_bytes)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    reply(replies, b"R", b"ready")
    while header := requests.read(REQUEST.size):
        reply(replies, *_validated(validator, requests, header))


def _validated(validator: JsonSchemaValidator, requests: BinaryIO, header: bytes) -> tuple[bytes, bytes]:
    schema_bytes, data_bytes, cpu_s = REQUEST.unpack(header)
    schema, data = requests.read(schema_bytes).decode(), requests.read(data_bytes).decode()
    limit_cpu(cpu_s)
    try:
        return b"R", json.dumps(validator.violations(schema, data)).encode()
    except MemoryError:
        return b"M", b""


if __name__ == "__main__":
    main()
