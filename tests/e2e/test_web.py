"""The web UI in a real browser on the real stack: `web/e2e` holds the walk, this says where AgentOS is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.e2e.conftest import ROOT, Agentos

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PICTURES = ROOT / "web" / "build" / "pictures"


@pytest.fixture
def browser() -> str:
    """Path of Chromium. CI must have it."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        assert not os.environ.get("AGENTOS_CI"), "expected Chromium: .ci/run installs it"
        pytest.skip("there is no Chromium on this machine: install it, or name it in CHROMIUM")
    return found


@pytest.mark.timeout(400)
def test_a_person_walks_through_every_page(agentos: Agentos, browser: str) -> None:
    state = json.loads((agentos.folder / "state.json").read_text())
    environment = {
        **os.environ,
        "AGENTOS_URL": state["address"],
        "AGENTOS_TOKEN": (agentos.folder / "token").read_text().strip(),
        "AGENTOS_DATA_DIR": str(agentos.folder),
        "AGENTOS_PICTURES": str(PICTURES),
        "CHROMIUM": browser,
        "PYTHON_WITH_AGENTOS": sys.executable,
    }
    command = [str(ROOT / "scripts" / "web.sh"), "e2e"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=380)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
