from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.services import open_httpbin, open_petstore, open_realm, open_star_wars
from tests.conformance.stage import Stage, open_stage


@pytest.fixture(scope="package")
def shared_stage() -> Iterator[Stage]:
    with open_stage() as found:
        yield found


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    """A stage on which the services of the standard's documents answer, and nobody was asked anything yet."""
    hosts = shared_stage.hosts
    hosts.seen.clear()
    hosts.handlers.clear()
    shared_stage.secrets.clear()
    for service in (open_petstore, open_httpbin, open_star_wars, open_realm):
        service(hosts)
    return shared_stage
