"""Words for what went wrong: expression, place, reason and an excerpt of the input."""

from __future__ import annotations

from engine.depth import is_deeper
from engine.errors import ExpressionFailed
from expressions.limits import Limits
from expressions.program import Program

EXCERPT_CHARACTERS = 200
_SECRETS = {"secrets", "authorization"}
_PARSING = "parse error: "


def failed(program: Program, message: str, data: str) -> ExpressionFailed:
    """Give the failure for a message of jq, marked or not. `data` is what the expression was evaluated on.

    The message of an expression that uses secrets is not shown: jq puts values into its messages.
    """
    place, reason = program.trace.place(message)
    where = f"{place.pointer}: " if place.pointer else ""
    if reason.startswith(_PARSING):
        reason = f"the input is no JSON that jq can read: {reason.removeprefix(_PARSING)}"
    if _SECRETS & set(program.variables):
        reason = "the reason may hold a secret and is not shown"
    at = f"{place.line}:{place.column}"
    excerpt = f"{where}`{_excerpt(place.expression)}` failed at {at}: {_excerpt(reason)}; input: {_excerpt(data)}"
    return ExpressionFailed(excerpt)


def failed_outside(program: Program, message: str, prepared_text: str) -> ExpressionFailed:
    """Give the failure for a message of jq from an evaluator process, which got data and variables as one text."""
    if _SECRETS & set(program.variables):
        prepared_text = "not shown, because the expression uses secrets"
    return failed(program, message, prepared_text)


def check_input(program: Program, text: str, limits: Limits) -> None:
    """Raise `ExpressionFailed` for an input above the limit."""
    if _exceeds(text, limits.input_bytes):
        raise beyond(program, f"the input has {_bytes(text)} bytes, more than the limit of {limits.input_bytes}")


def check_result(program: Program, result: object, limits: Limits) -> str:
    """Give the result. Raises `ExpressionFailed` if it is above the limits."""
    if not isinstance(result, str):
        raise beyond(program, "the result did not fit into memory")
    if _exceeds(result, limits.output_bytes):
        raise beyond(program, f"the result has {_bytes(result)} bytes, more than the limit of {limits.output_bytes}")
    if is_deeper(result, limits.depth):
        raise beyond(program, f"the result nests deeper than the limit of {limits.depth} levels")
    return result


def beyond(program: Program, reason: str) -> ExpressionFailed:
    """Give the failure of an evaluation that passed a limit."""
    return ExpressionFailed(f"`{_excerpt(program.source)}` failed: {reason}")


def _exceeds(text: str, limit: int) -> bool:
    return 4 * len(text) > limit and _bytes(text) > limit


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT_CHARACTERS else text[: EXCERPT_CHARACTERS - 1] + "…"
