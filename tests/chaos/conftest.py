from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

REPORT = Path(__file__).with_name("report.json")
LENGTHS = ("short", "long", "soak")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options. They are known when `tests/chaos` itself is named on the command line."""
    group = parser.getgroup("chaos")
    group.addoption("--chaos", choices=LENGTHS, default="short", help="how long the chaos lasts")
    group.addoption("--chaos-seed", type=int, default=None, help="repeat the faults of an earlier run")
    group.addoption("--chaos-hours", type=float, default=2.0, help="how long a soak lasts")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the storms of another length than the one that is asked for."""
    wanted = str(config.getoption("--chaos", "short"))
    others = {f"test_{length}.py" for length in LENGTHS if length != wanted}
    left_out = [item for item in items if item.path.parent == REPORT.parent and item.path.name in others]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of everything random; a new one each time if none is given."""
    given = request.config.getoption("--chaos-seed", None)
    return int(given if given is not None else os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))


@pytest.fixture
def hours(request: pytest.FixtureRequest) -> float:
    """How long a soak was asked for."""
    return float(request.config.getoption("--chaos-hours", 2.0))


@pytest.fixture
def say(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Shows a line at once: a long test that says nothing looks like one that hangs."""
    reporter = request.config.pluginmanager.getplugin("terminalreporter")

    def show(text: str) -> None:
        with capfd.disabled():
            reporter.ensure_newline()
            reporter.write_line(text)

    return show
