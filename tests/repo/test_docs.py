from __future__ import annotations

import re
from pathlib import Path

LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)\s#]+)(#[^)]*)?\)")


def test_every_link_between_pages_leads_somewhere(tracked: list[Path]) -> None:
    pages = [path for path in tracked if path.suffix == ".md"]
    broken = [
        f"{page.name} -> {target}"
        for page in pages
        for target, _ in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]
    assert not broken, broken


def test_every_decision_is_in_the_index_and_weighs_alternatives(root: Path) -> None:
    folder = root / "docs/decisions"
    index = (folder / "README.md").read_text()
    decisions = sorted(path for path in folder.glob("*.md") if path.name != "README.md")

    assert [path.name for path in decisions if f"({path.name})" not in index] == []
    assert [path.name for path in decisions if not re.match(r"\d{4}-\d{2}-[a-z0-9-]+\.md$", path.name)] == []
    for heading in ("## Context", "## Decision", "## Alternatives", "## Consequences"):
        assert [path.name for path in decisions if heading not in path.read_text()] == [], heading


def test_every_make_target_named_in_the_pages_exists(tracked: list[Path], root: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), flags=re.MULTILINE))
    pages = [path for path in tracked if path.suffix == ".md"]
    named = {name for page in pages for name in re.findall(r"`make ([a-z-]+)", page.read_text())}

    assert named - targets == set()


def test_every_page_is_in_the_index(tracked: list[Path], root: Path) -> None:
    docs = root / "docs"
    indexes = [docs / "README.md", docs / "decisions" / "README.md", docs / "reference/nodes/README.md"]
    linked = {(page.parent / target).resolve() for page in indexes for target, _ in LINK.findall(page.read_text())}
    pages = {path for path in tracked if path.suffix == ".md" and docs in path.parents}

    assert {str(page.relative_to(root)) for page in pages - linked - set(indexes)} == set(), (
        "link it from docs/README.md"
    )
