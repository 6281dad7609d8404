"""A package with one new node type, for `agentos nodes new`: it works, has a test, and imports nothing of ours."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")


class InvalidName(Exception):
    """The name can't be that of a node type and of its module."""


PROJECT = Template("""[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "agentos-node-$dashed"
version = "0.1.0"
description = "The node type $name for AgentOS"
requires-python = ">=3.11"
dependencies = ["pydantic>=2"]

[project.entry-points."agentos.nodes"]
$name = "agentos_node_$name:$class_name"

[tool.hatch.build.targets.wheel]
only-include = ["agentos_node_$name.py"]
""")

MODULE = Template('''"""`call: $name`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class $class_name:
    """Gives the text in capitals."""

    name = "$name"
    version = "0.1.0"
    examples = ({"text": "hello"},)

    class With(BaseModel, extra="forbid"):
        """What a workflow gives it."""

        text: str

    class Output(BaseModel):
        """What it gives back."""

        text: str

    async def run(self, with_: With, ctx: Any) -> Output:
        """Do the task. `ctx` has the idempotency key, the deadline, secrets, an HTTP client, and more."""
        ctx.log(f"$name was given {len(with_.text)} characters")
        return self.Output(text=with_.text.upper())
''')

TEST = Template('''from __future__ import annotations

import asyncio

from agentos_node_$name import $class_name


class Context:
    """What the node uses of a task's context."""

    def __init__(self) -> None:
        self.logged: list[str] = []

    def log(self, message: str) -> None:
        self.logged.append(message)


def test_it_gives_the_text_in_capitals() -> None:
    context = Context()

    output = asyncio.run($class_name().run($class_name.With(text="hello"), context))

    assert output.text == "HELLO"
    assert context.logged == ["$name was given 5 characters"]


def test_its_examples_fit() -> None:
    for example in $class_name.examples:
        $class_name.With.model_validate(example)
''')

README = Template("""# $name

A node type for AgentOS.

    python -m pip install -e .     # where workers run and where documents are checked
    agentos nodes show $name

```yaml
do:
  - step:
      call: $name
      with: {text: hello}
```
""")

CONFTEST = '''"""Lets the tests import the module without installing it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
'''


def write_package(name: str, folder: Path) -> Path:
    """Write the package into a new folder below `folder` and give that. Raises `InvalidName`, `FileExistsError`."""
    if not NAME.match(name) or keyword.iskeyword(name):
        raise InvalidName(f"expected a name of small letters, digits and `_`, such as `send_fax`; found {name!r}")
    made = folder / f"agentos-node-{name.replace('_', '-')}"
    if made.exists():
        raise FileExistsError(f"expected no folder {made}, found one; choose another name, or remove it")
    class_name = "".join(part.capitalize() for part in name.split("_"))
    words = {"name": name, "dashed": name.replace("_", "-"), "class_name": class_name}
    files = {
        "pyproject.toml": PROJECT.substitute(words),
        "README.md": README.substitute(words),
        "conftest.py": CONFTEST,
        f"agentos_node_{name}.py": MODULE.substitute(words),
        f"test_{name}.py": TEST.substitute(words),
    }
    made.mkdir(parents=True)
    for file, text in files.items():
        (made / file).write_text(text, encoding="utf-8")
    return made
