"""Becomes another program, after tying its life to its parent's: `launch.py PARENT SIGNAL UID GID COMMAND...`.

Standard library only, run as a script by path: it must start in milliseconds. On Linux the kernel sends SIGNAL to the
program when PARENT dies, even by SIGKILL. A UID above 0 is taken on (Postgres refuses to run as root), together with
the right to look into folders that only root can: nothing on the disk has to be opened up for that account.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522


def main(arguments: list[str]) -> None:
    """Prepare this process and replace it by the command."""
    parent, death_signal, uid, gid = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    if uid > 0:
        become(uid, gid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent is gone already")
    os.execv(command[0], command)  # noqa: S606  # becoming the program is the purpose


def become(uid: int, gid: int) -> None:
    """Take on another account."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if libc is not None:
        keep_right_to_look(libc)


def keep_right_to_look(libc: ctypes.CDLL) -> None:
    """Keep the right to read and search any folder, also in programs this process becomes; give up every other right.

    Where this fails (a container without that capability) folders closed to others stay closed.
    """
    mask = 1 << CAP_DAC_READ_SEARCH
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if libc.capset(header, effective_permitted_inheritable) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
