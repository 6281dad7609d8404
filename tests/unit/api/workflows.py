"""Small workflows without expressions."""

from __future__ import annotations

GREET = """document: {dsl: '1.0.3', namespace: demo, name: greet, version: '1.0.0'}
do:
  - hello:
      set: {message: hello}
"""

WAIT = """document: {dsl: '1.0.3', namespace: demo, name: pause, version: '1.0.0'}
do:
  - first:
      set: {message: hello}
  - rest:
      wait: {hours: 1}
"""

RAISE = """document: {dsl: '1.0.3', namespace: demo, name: break, version: '1.0.0'}
do:
  - fail:
      raise:
        error: {type: 'https://example.com/errors/sold-out', status: 409, title: Sold out}
"""
