"""The API as the command line uses it: where it is, who asks, and what its problems mean for an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from agentos.options import settings_for
from agentos.token import known_token
from infra.embedded.state import read_state
from infra.errors import InfrastructureError

MISUSE, FAILED = 2, 4
#: Waiting for a run is done by following its events, so no answer takes long.
TIMEOUT_S = 30.0
#: The history of a run says by it that an order came from a command line.
USER_AGENT = "agentos-cli/1"
#: Problems that pass by themselves, and how long that is waited for.
PASSING = frozenset({429, 500, 502, 503, 504})
PATIENCE_S = 120.0

Url = Annotated[
    str | None,
    typer.Option("--url", envvar="AGENTOS_URL", help="Address of the API. Default: the stack of this folder."),
]
Token = Annotated[
    str | None,
    typer.Option("--token", help="Token for the API. Default: AGENTOS_TOKEN, else that of this folder's stack."),
]


class ApiUnreachable(InfrastructureError):
    """The API does not answer."""

    exit_code = FAILED


class ApiRefused(InfrastructureError):
    """The API answered with a problem document. `exit_code` is 2 when the request has to be changed."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.problem = problem
        self.status = int(problem.get("status", 500))
        self.exit_code = MISUSE if self.status in (400, 401, 404, 409, 413, 415, 422) else FAILED
        super().__init__("\n".join([str(problem.get("detail") or problem.get("title")), *_each_problem(problem)]))


@dataclass(frozen=True, slots=True)
class Api:
    """A client that is open."""

    http: httpx.Client

    def call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Give the answer as JSON. Raises `ApiRefused` or `ApiUnreachable`."""
        try:
            response = self.http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise unreachable(self.http, error) from error
        if response.is_error:
            raise ApiRefused(problem_of(response))
        answer: dict[str, Any] = response.json()
        return answer

    def content(self, path: str) -> bytes:
        """Give the bytes of an answer. Raises `ApiRefused` or `ApiUnreachable`."""
        try:
            response = self.http.get(path)
        except httpx.HTTPError as error:
            raise unreachable(self.http, error) from error
        if response.is_error:
            raise ApiRefused(problem_of(response))
        return response.content

    def close(self) -> None:
        """Close the connections."""
        self.http.close()


def connect(url: str | None, token: str | None, data_dir: Path | None) -> Api:
    """Give the API at `url`, or that of the stack in the data folder."""
    settings = settings_for(data_dir)
    folder = settings.stack.data_dir
    if url is None:
        state = read_state(folder)
        if state is None:
            raise ApiUnreachable(
                f"Expected a running stack in {folder}, found none; start it with `agentos up`, or give --url"
            )
        url = state.address
    token = token or known_token(folder, settings.server)
    if token is None:
        raise ApiUnreachable("Expected a token, found none; give --token, or set AGENTOS_TOKEN")
    headers = {"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT}
    return Api(httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False))


def unreachable(http: httpx.Client, error: httpx.HTTPError) -> ApiUnreachable:
    """Give the error for an API that does not answer."""
    what = str(error) or type(error).__name__
    return ApiUnreachable(f"Expected the API at {http.base_url} to answer, found: {what}; is it up? `agentos status`")


def problem_of(response: httpx.Response) -> dict[str, Any]:
    """Give the problem document of a response, whoever wrote it."""
    try:
        found = response.json()
    except ValueError:
        found = None
    if isinstance(found, dict):
        return {"status": response.status_code, **found}
    return {"status": response.status_code, "title": response.reason_phrase or "an error"}


def _each_problem(problem: Mapping[str, Any]) -> list[str]:
    """Give one line for each violation, so that editors can jump to it."""
    lines = []
    for found in problem.get("problems", []):
        place = f"{found['line']}:{found['column']}: " if found.get("line") else ""
        pointer = found.get("pointer") or found.get("parameter") or ""
        lines.append(f"  {place}{found['message']}" + (f" [{pointer}]" if pointer else ""))
    return lines
