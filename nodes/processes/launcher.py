"""Confines itself, then becomes another program: `launcher.py CPU_S MEMORY_BYTES FILE_BYTES COMMAND…`.

Started as a script of its own, outside of all packages: it imports the standard library alone. What it sets stays with
the program and all its children: limits on time, memory, files and their size; no new rights, none of root's; and the
end of whoever started it ends the program, too.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

OPEN_FILES = 256
CAPABILITIES = 64
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
NOT_FOUND = 127


def main(arguments: list[str]) -> None:
    """Confine this process and become the command."""
    cpu_s, memory_bytes, file_bytes = map(int, arguments[:3])
    command = arguments[3:]
    limits = {
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_DATA: memory_bytes,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform == "linux":
        _give_up_rights()
    for kind, wanted in limits.items():
        _, hard = resource.getrlimit(kind)
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))
    try:
        os.execvp(command[0], command)  # noqa: S606  # it becomes what it was told to become
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(NOT_FOUND)


def _give_up_rights() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
