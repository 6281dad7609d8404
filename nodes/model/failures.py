"""What can go wrong with a model: each is an RFC 7807 problem whose `reason` says which, and whether to try again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from nodes.errors import NodeError, fault, passing_fault
from nodes.http.exchange import CONNECTION_ERRORS
from nodes.http.network import ForbiddenAddress
from nodes.http.outcome import PASSING, retry_after_ms
from nodes.model.answer import Usage

TOO_MANY: Final = 429
#: The service is there and has no room: 503 of HTTP, 529 of several providers.
OVERLOADED: Final = frozenset({503, 529})
REFUSED: Final = {401: "authentication", 403: "authorization"}
UNPROCESSABLE: Final = 422
TOLD_MAX: Final = 500

_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s\Z")


def refused_by_service(
    where: str, status: int, told: str, headers: Mapping[str, str], wait_ms: int | None
) -> NodeError:
    """Give the error for an answer with a status that is none of success. `wait_ms` is what its body asks for."""
    detail = f"{where}: expected an answer of the model, found status {status}: {told[:TOLD_MAX]}"
    wait = (
        wait_ms if wait_ms is not None else retry_after_ms(httpx.Response(status, headers=headers), datetime.now(UTC))
    )
    if status == TOO_MANY:
        return passing_fault("communication", detail, status, reason="rate-limit", retryAfterMs=wait)
    if status in OVERLOADED:
        return passing_fault("communication", detail, status, reason="overload", retryAfterMs=wait)
    make = passing_fault if status in PASSING else fault
    return make(REFUSED.get(status, "communication"), detail, status, retryAfterMs=wait)


def blocked(where: str, why: str, usage: Usage | None = None) -> NodeError:
    """Give the error for an answer that the provider held back. The tokens of it may have been paid for."""
    spent = usage.members() if usage is not None and usage != Usage() else None
    detail = f"{where}: expected an answer, found that the provider held it back: {why}"
    return passing_fault("runtime", detail, UNPROCESSABLE, reason="safety", blocked=why, usage=spent)


def no_credit(where: str, told: str) -> NodeError:
    """Give the error for an account that has used up what it may: waiting does not help."""
    return fault(
        "communication", f"{where}: expected an account with credit, found: {told[:TOLD_MAX]}", TOO_MANY, reason="quota"
    )


def malformed(where: str, found: str) -> NodeError:
    """Give the error for an answer that is none of the protocol."""
    return passing_fault(
        "communication", f"{where}: expected an answer of the protocol, found {found}", reason="malformed"
    )


def no_key(provider: str, variable: str) -> NodeError:
    """Give the error for a call without a key; it says what to set."""
    return fault(
        "configuration",
        f"expected a key for the provider `{provider}`, found none: set {variable} where workers run, or a secret of"
        f" that name (`agentos secrets set {variable}`), or `apiKey: ${{ $secrets.NAME }}` in the task",
        reason="no-key",
    )


def seconds_as_ms(text: Any) -> int | None:
    """Give the milliseconds of a duration such as `17.5s`, None for anything else."""
    found = _SECONDS.match(text) if isinstance(text, str) else None
    return round(float(found.group(1)) * 1000) if found else None


@contextmanager
def connection_faults(where: str) -> Iterator[None]:
    """Turn errors of connections into those of a task."""
    try:
        yield
    except ForbiddenAddress as error:
        raise fault("authorization", f"{where}: {error}") from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise fault("configuration", f"{where}: expected an http or https address; {error}") from None
    except (httpx.TimeoutException, TimeoutError):
        raise passing_fault("timeout", f"{where}: no answer in time") from None
    except CONNECTION_ERRORS as error:
        raise passing_fault("communication", f"{where}: {str(error) or type(error).__name__}") from None
