"""What can go wrong in a node, as RFC 7807 problems with the standard types of the workflow language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

STANDARD: Final = "https://serverlessworkflow.io/spec/1.0.0/errors/"

#: Kind of standard error: its status when nothing better is known, and its title.
KINDS: Final[Mapping[str, tuple[int, str]]] = {
    "configuration": (400, "Configuration Error"),
    "validation": (400, "Validation Error"),
    "expression": (400, "Expression Error"),
    "authentication": (401, "Authentication Error"),
    "authorization": (403, "Authorization Error"),
    "timeout": (408, "Timeout"),
    "communication": (500, "Communication Error"),
    "runtime": (500, "Runtime Error"),
}


class NodeError(Exception):
    """The task can't be done. `problem` is an RFC 7807 object; whoever runs the node fills in `instance`.

    `retryable` says that the same task may succeed later. A plug-in need not import this class: any exception with an
    attribute `problem` counts as one.
    """

    def __init__(self, problem: Mapping[str, Any], *, retryable: bool = False) -> None:
        self.problem = dict(problem)
        self.retryable = retryable
        super().__init__(f"{problem.get('title', '')}: {problem.get('detail', '')}")


def problem(kind: str, detail: str, status: int | None = None, **members: Any) -> dict[str, Any]:
    """Give an RFC 7807 object of the standard type `kind`, with extension `members`."""
    usual, title = KINDS[kind]
    found = {"type": STANDARD + kind, "status": status or usual, "title": title, "detail": detail}
    return found | {name: value for name, value in members.items() if value is not None}


def fault(kind: str, detail: str, status: int | None = None, **members: Any) -> NodeError:
    """Give an error that will not go away by trying again."""
    return NodeError(problem(kind, detail, status, **members))


def passing_fault(kind: str, detail: str, status: int | None = None, **members: Any) -> NodeError:
    """Give an error that may go away by trying again."""
    return NodeError(problem(kind, detail, status, **members), retryable=True)


def as_node_error(error: BaseException) -> NodeError:
    """Give what `error` means for the task: itself if it has a `problem`, else a standard runtime error."""
    if isinstance(error, NodeError):
        return error
    found = getattr(error, "problem", None)
    if isinstance(found, Mapping):
        whole = problem("runtime", str(error)) | dict(found)
        return NodeError(whole, retryable=bool(getattr(error, "retryable", False)))
    return fault("runtime", f"{type(error).__name__}: {error}")
