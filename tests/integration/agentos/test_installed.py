"""The package as `pip install` gives it to authors: what they test with works without a checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(ROOT.glob("examples/*/test_workflow.py"))
#: Builds the wheel into a folder; the checkout stays as it is.
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
#: Says which test kit it is, and runs the tests of the folder.
PYTEST = "import pytest, sys, testkit; print(testkit.__file__); sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider']))"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the packages of the wheel, as an installation has them."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)], cwd=ROOT, check=True, timeout=100, capture_output=True, text=True
    )
    with zipfile.ZipFile(folder / done.stdout.split()[-1]) as wheel:
        wheel.extractall(folder / "installed")
    return folder / "installed"


@pytest.mark.parametrize("test", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_is_tested_with_the_installed_kit(test: Path, installed: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(test.parent, tmp_path / "mine")
    done = subprocess.run(
        [sys.executable, "-c", PYTEST],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(installed)},
        timeout=100,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith(str(installed))


def test_the_kit_is_used_by_examples() -> None:
    assert EXAMPLES
