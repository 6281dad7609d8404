"""Makes one node of a constant array or object, so that a table in a document is no large program."""

from __future__ import annotations

import json

from expressions import ast


def folded(node: ast.Array | ast.Object) -> ast.Node:
    """Give the node, or `Data` if everything in it is constant."""
    parts = _items(node) if isinstance(node, ast.Array) else _entries(node)
    if parts is None:
        return node
    texts, nodes = [text for text, _ in parts], sum(count for _, count in parts)
    opening, closing = "[]" if isinstance(node, ast.Array) else "{}"
    return ast.Data(at=node.at, text=f"{opening}{','.join(texts)}{closing}", nodes=nodes + 1)


def _items(node: ast.Array) -> list[tuple[str, int]] | None:
    if node.body is None:
        return []
    items = node.body.parts if isinstance(node.body, ast.Comma) else (node.body,)
    return _all(list(map(_constant, items)))


def _entries(node: ast.Object) -> list[tuple[str, int]] | None:
    found: list[tuple[str, int] | None] = []
    for entry in node.entries:
        key = _constant(entry.key) if isinstance(entry.key, ast.Text) else None
        value = _constant(entry.value) if entry.value is not None else None
        found.append((f"{key[0]}:{value[0]}", value[1]) if key and value else None)
    return _all(found)


def _all(parts: list[tuple[str, int] | None]) -> list[tuple[str, int]] | None:
    known = [part for part in parts if part is not None]
    return known if len(known) == len(parts) else None


def _constant(node: ast.Node) -> tuple[str, int] | None:
    """Give text and count of nodes of a constant, nothing for anything else."""
    match node:
        case ast.Number(text=text) | ast.Constant(text=text):
            return text, 1
        case ast.Data(text=text, nodes=nodes):
            return text, nodes
        case ast.Negate(body=ast.Number(text=text)):
            return f"-{text}", 1
        case ast.Text(parts=parts, encoding="") if len(parts) <= 1 and all(isinstance(part, str) for part in parts):
            return json.dumps("".join(map(str, parts)), ensure_ascii=False), 1
    return None
