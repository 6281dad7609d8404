from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import InvalidSettings
from infra.settings import load_settings
from infra.worker_settings import NodeSettings
from streams.worker.role import allowed_addresses

NO_FILE = Path("no such file")


def nodes(**environment: str) -> NodeSettings:
    return load_settings(environment, NO_FILE).nodes


def test_places_that_may_be_called_are_a_list() -> None:
    found = nodes(AGENTOS_HTTP_ALLOW_PRIVATE="127.0.0.0/8, build.example")

    assert found.http_allow_private == ("127.0.0.0/8", "build.example")


def test_nothing_private_may_be_called_by_default() -> None:
    assert nodes().http_allow_private == ()


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidSettings, match=r"AGENTOS_HTTP_ALLOW_PRIVATE.*expected a network"):
        allowed_addresses(nodes(AGENTOS_HTTP_ALLOW_PRIVATE="10.0.0.0/99").http_allow_private)


def test_an_unknown_kind_of_process_is_refused() -> None:
    with pytest.raises(InvalidSettings, match=r"AGENTOS_ALLOW_PROCESSES.*perl"):
        load_settings({"AGENTOS_ALLOW_PROCESSES": "python, perl"}, NO_FILE)
    found = load_settings({"AGENTOS_ALLOW_PROCESSES": "python, js"}, NO_FILE)
    assert found.processes.allowed == {"python", "js"}
