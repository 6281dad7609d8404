"""The scenario of validations outside and of events without end."""

from __future__ import annotations

from testkit import play
from testkit.journal import Journal

HEAD = "document: {dsl: '1.0.3', namespace: golden, name: main, version: '1.0.0'}\n"


def endless() -> Journal:
    """Data that is validated outside, and events without end."""
    body = """
input: {schema: {document: {type: array, items: {type: integer}}}}
do:
  - shorten: {set: {size: '${ length }'}}
  - hear:
      listen: {to: {any: [{with: {type: heard}}], until: '${ false }'}}
      foreach: {item: e, do: [{d: {set: {v: '${ $e.v }'}}}], export: {as: '{last: .v}'}}
"""
    events = [{"type": "heard", "data": {"v": number}} for number in range(3)]
    return play(HEAD + body, [1] * 1100, events=events).journal
