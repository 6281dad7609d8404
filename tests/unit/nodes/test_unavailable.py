from __future__ import annotations

from typing import Any

import pytest

from nodes.errors import NodeError
from nodes.registry import load_registry


@pytest.mark.parametrize("name", ["container", "grpc", "asyncapi", "a2a"])
async def test_a_function_that_is_not_there_says_so_and_what_to_use_instead(name: str) -> None:
    found: Any = load_registry().types[name].implementation()
    with pytest.raises(NodeError) as caught:
        await found.run({}, None)

    assert caught.value.problem["type"].endswith("/configuration")
    assert f"`{name}` is not available in this version; use " in caught.value.problem["detail"]
    assert not caught.value.retryable
