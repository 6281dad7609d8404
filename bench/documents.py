"""The workflows that are measured."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from schemas.records import Definition

INLINE: dict[str, Any] = {
    "document": {"dsl": "1.0.3", "namespace": "bench", "name": "inline", "version": "1.0.0"},
    "do": [
        {"price": {"set": {"total": "${ .price * .qty }", "customer": "${ .customer }"}}},
        {"tax": {"set": {"total": "${ .total * 1.19 }", "customer": "${ .customer }"}}},
        {"say": {"set": {"message": '${ "\\(.customer) pays \\(.total)" }'}}},
    ],
}

WORKER: dict[str, Any] = {
    "document": {"dsl": "1.0.3", "namespace": "bench", "name": "worker", "version": "1.0.0"},
    "do": [
        {"one": {"call": "echo", "with": {"n": "${ .qty }", "customer": "${ .customer }"}}},
        {"two": {"call": "echo", "with": {"n": "${ .n + 1 }", "customer": "${ .customer }"}}},
        {"three": {"call": "echo", "with": {"n": "${ .n + 1 }"}}},
    ],
}

WAITING: dict[str, Any] = {
    "document": {"dsl": "1.0.3", "namespace": "bench", "name": "waiting", "version": "1.0.0"},
    "do": [{"pause": {"wait": {"days": 1}}}],
}

LONG: dict[str, Any] = {
    "document": {"dsl": "1.0.3", "namespace": "bench", "name": "long", "version": "1.0.0"},
    "do": [{"each": {"for": {"in": "${ [range(4000)] }"}, "do": [{"step": {"set": {"n": "${ $item }"}}}]}}],
}

INPUT = json.dumps({"price": 12.5, "qty": 3, "customer": "acme corporation"})


def record(document: dict[str, Any]) -> Definition:
    """Give the record of a published document."""
    head = document["document"]
    text = json.dumps(document)
    return Definition(
        namespace=head["namespace"],
        name=head["name"],
        version=head["version"],
        text=text,
        document=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        published_at_ms=0,
        actor="bench",
    )
