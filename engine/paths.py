"""Addresses of task instances: JSON Pointers into the definition, with a mark for repetition.

A task instance is addressed by the pointer of its task, such as `/do/1/loop/do/0/step`. The second and later passes
through the same place are marked `@n` on the segment that repeats: iteration 3 of the loop is `/do/1/loop/do@3/0/step`,
the second attempt of a `try` is `/do/0/fetch/try@2`, a task reached again by `then` is `/do/0/poll@2`.
A task name's own `@` is written `~2`, so a path always leads back to one pointer. The workflow itself is the empty
path.
"""

from __future__ import annotations

import re

ROOT = ""

_PASS = re.compile(r"@\d+(?=/|$)")


def escape(name: str) -> str:
    """Give a task name as one segment of a path."""
    return name.replace("~", "~0").replace("/", "~1").replace("@", "~2")


def child(parent: str, segment: str | int) -> str:
    """Give the path of `segment` (already escaped, or an index) below `parent`."""
    return f"{parent}/{segment}"


def nth(path: str, number: int) -> str:
    """Give the path of the pass `number` (from 1) through `path`."""
    return path if number == 1 else f"{path}@{number}"


def pointer(path: str) -> str:
    """Give the JSON Pointer into the definition that an instance path stands for."""
    return _PASS.sub("", path).replace("~2", "@")


def is_below(path: str, ancestor: str) -> bool:
    """Tell whether `path` is a descendant of `ancestor`."""
    return path.startswith(f"{ancestor}/") and path != ancestor
