"""The evaluator process: evaluates one program after the other, confined, until its input ends or it is killed.

Started as a script of its own by `worker.py`, outside of all packages: it imports the standard library and jq alone.
A request is three numbers (bytes of program and input, CPU seconds) and the two texts. A reply is a letter, a length,
and the text: `R` a result, `E` a message of jq, `O` a result above the limit, `M` one that did not fit into
memory. A first result, without a request, says that the process is ready.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from functools import lru_cache
from typing import Any, BinaryIO

REQUEST = struct.Struct(">III")
REPLY = struct.Struct(">cI")
#: The longest message of an error, in bytes.
MESSAGE_BYTES = 4096

_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES = 1, 4, 38
_STANDARD_FILES = 3
_PROGRAMS = 64


def main() -> None:
    """Serve requests from standard input on standard output."""
    folder, parent, memory_bytes, output_bytes = sys.argv[1], *map(int, sys.argv[2:])
    die_with(parent)
    sys.path.append(folder)
    import jq

    compiled = lru_cache(maxsize=_PROGRAMS)(jq.compile)
    # Once before the files are closed: jq reads the seed of its hash tables.
    next(iter(compiled("{a: .}|tojson").input_text("1")))
    confine(memory_bytes)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    reply(replies, b"R", b"ready")
    while header := requests.read(REQUEST.size):
        reply(replies, *_evaluated(compiled, requests, header, output_bytes))


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        prctl(_SET_DUMPABLE, 0)
    if os.getppid() != parent:
        sys.exit(1)


def confine(memory_bytes: int) -> None:
    """Take away files, children and memory beyond the limit."""
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, _STANDARD_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def limit_cpu(seconds: int) -> None:
    """Have the kernel kill this process when it uses more CPU than this from now on, even if nobody else does."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, resource.RLIM_INFINITY))


def _evaluated(compiled: Any, requests: BinaryIO, header: bytes, output_bytes: int) -> tuple[bytes, bytes]:
    program_bytes, input_bytes, cpu_s = REQUEST.unpack(header)
    program, text = requests.read(program_bytes).decode(), requests.read(input_bytes).decode()
    limit_cpu(cpu_s)
    try:
        result = next(iter(compiled(program).input_text(text)), "null")
        encoded = result.encode() if isinstance(result, str) else None
    except ValueError as error:
        return b"E", str(error).encode("utf-8", "replace")[:MESSAGE_BYTES]
    except RecursionError:
        return b"E", b"an error with a value that nests too deep to be shown"
    except MemoryError:
        return b"M", b""
    if encoded is None:
        return b"M", b""
    return (b"O", str(len(encoded)).encode()) if len(encoded) > output_bytes else (b"R", encoded)


def reply(replies: BinaryIO, status: bytes, body: bytes) -> None:
    """Write one reply."""
    replies.write(REPLY.pack(status, len(body)))
    replies.write(body)
    replies.flush()


if __name__ == "__main__":
    main()
