"""What the routes work with, made once for each process by `api.app` or by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request

from api.approvals import Approvals
from api.auth import Credentials, Principal
from api.bundling import Bundling
from api.catalogue import Catalogue
from api.commands import Commands
from api.forks import Forks
from api.incoming import Incoming
from api.live import Live
from api.log_pages import LogPages
from api.metrics import Metrics
from api.migrations import Migrations
from api.moments import Moments
from api.ports import Outbox, Store
from api.publishing import Publishing
from api.redrive import Redrive
from api.runs import Runs
from api.schedules import Schedules
from api.starts import Starts
from nodes.desk import Desk
from nodes.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Asks the parts of the process how they are."""

    is_alive: Callable[[], bool]
    #: Why the log is not known up to its end; `None` when it is.
    why_not_ready: Callable[[], str | None]
    #: Next offset of each partition of the events topic.
    positions: Callable[[], dict[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a route may use."""

    approvals: Approvals
    credentials: Credentials
    catalogue: Catalogue
    commands: Commands
    desk: Desk
    health: Health
    forks: Forks
    incoming: Incoming
    live: Live
    log_pages: LogPages
    metrics: Metrics
    bundling: Bundling
    moments: Moments
    migrations: Migrations
    node_types: Registry
    outbox: Outbox
    publishing: Publishing
    redrive: Redrive
    runs: Runs
    schedules: Schedules
    starts: Starts
    store: Store
    topic_prefix: str
    payload_bytes: int


def services(request: Request) -> Services:
    """Give the services of the application that serves the request."""
    return cast("Services", request.app.state.services)


def principal(request: Request) -> Principal:
    """Give who asks. The guard let nobody else in."""
    found: Any = request.state.principal
    return cast("Principal", found)
