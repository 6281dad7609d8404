from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.api.fake_world import ApiWorld, api_world


@pytest.fixture
async def world() -> AsyncIterator[ApiWorld]:
    """An API over a log in memory."""
    async with api_world() as made:
        yield made
