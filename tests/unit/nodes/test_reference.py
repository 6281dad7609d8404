from __future__ import annotations

from pathlib import Path

import nodes
from agentos.nodes_reference import page, page_of
from nodes.discovery import built_in
from nodes.registry import load_registry

FOLDER = Path(__file__).parents[3] / "docs/reference/nodes"


def test_the_reference_page_is_what_the_code_says() -> None:
    assert (FOLDER / "README.md").read_text() == page(load_registry(built_in(nodes))), (
        "run: python -m agentos.nodes_reference > docs/reference/nodes/README.md"
    )


def test_every_node_type_has_a_page_and_every_page_a_node_type() -> None:
    registry = load_registry(built_in(nodes))
    named = {page_of(registry.types[name]) for name in registry.names() if registry.types[name].version != "0.0.0"}

    assert {path.name for path in FOLDER.glob("*.md")} == {name for name in named if name} | {"README.md"}
