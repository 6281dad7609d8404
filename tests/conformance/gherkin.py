"""Reads the part of Gherkin that the conformance kit uses: scenarios of steps, some with a text block."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = '"""'
_STEP = re.compile(r"(?:Given|When|Then|And|But)\s+(?:given\s+)?(?P<text>.*)")


@dataclass(slots=True)
class Step:
    """What is given, done or expected; `block` is the text between the fences below it."""

    text: str
    block: str = ""


@dataclass(slots=True)
class Scenario:
    feature: str
    title: str
    steps: list[Step] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"{self.feature}: {self.title}"


def scenarios(folder: Path) -> list[Scenario]:
    """Give the scenarios of every feature file in a folder."""
    return [scenario for path in sorted(folder.glob("*.feature")) for scenario in _read(path)]


def _read(path: Path) -> Iterator[Scenario]:
    scenario: Scenario | None = None
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    for line in map(str.strip, lines):
        if line.startswith("Scenario:"):
            if scenario is not None:
                yield scenario
            scenario = Scenario(path.stem, line.removeprefix("Scenario:").strip())
        elif line.startswith(_FENCE) and scenario is not None:
            scenario.steps[-1].block = _block(lines)
        elif scenario is not None and (step := _STEP.fullmatch(line)):
            scenario.steps.append(Step(step["text"]))
    if scenario is not None:
        yield scenario


def _block(lines: Iterator[str]) -> str:
    inside = []
    for line in lines:
        if line.strip() == _FENCE:
            break
        inside.append(line)
    return textwrap.dedent("\n".join(inside)) + "\n"
