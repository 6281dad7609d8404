from __future__ import annotations

from pathlib import Path

import pytest

from infra.errors import InvalidSettings
from streams.worker.settings import node_settings

NO_FILE = Path("no such file")


def test_places_that_may_be_called_are_a_list() -> None:
    found = node_settings({"AGENTOS_HTTP_ALLOW_PRIVATE": "127.0.0.0/8, build.example"}, NO_FILE)

    assert found.http_allow_private == ("127.0.0.0/8", "build.example")


def test_nothing_private_may_be_called_by_default() -> None:
    assert node_settings({}, NO_FILE).http_allow_private == ()


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidSettings, match=r"AGENTOS_HTTP_ALLOW_PRIVATE.*expected a network"):
        node_settings({"AGENTOS_HTTP_ALLOW_PRIVATE": "10.0.0.0/99"}, NO_FILE)
