"""A document with ten mistakes of ten kinds, and where each of them stands."""

from __future__ import annotations

import re

#: Each mistake begins where ‹ stands; that is taken out.
MARKED = """\
document:
  dsl: '1.0.3'
  namespace: shop
  name: ten
  version: ‹one
  ‹titel: Ten mistakes
use:
  retries: {often: {limit: {attempt: {count: 3}}}}
do:
  - price:
      call: ‹htpp
      with: {method: get}
  - ask:
      try:
        - call:
            call: http
            with: {method: get, ‹endpont: 'https://shop.example/prices'}
      catch: {retry: ‹ofen}
  - total:
      set:
        sum: ${ .price + ‹oops }
        text: >-
          ${ "Total: \\(.sum)" +
             ‹$unknown }
  - decide:
      switch:
        - large: {when: '.sum > 100', then: ‹nowhere}
  - pause:
      wait: ‹30s
  - ‹price:
      set: {again: true}
"""
TEXT = MARKED.replace("‹", "")
#: Line, column, and a part of what is said.
TOLD = (
    "no semantic version",
    'did you mean "title"?',
    'did you mean "http"?',
    'did you mean "endpoint"?',
    'no retry policy "ofen"',
    "oops",
    "$unknown",
    '"nowhere"',
    "no ISO 8601 duration",
    '"price"',
)


def places() -> list[tuple[int, int]]:
    """Give line and column of each mistake."""
    found = []
    for match in re.finditer("‹", MARKED):
        before = MARKED[: match.start()].replace("‹", "")
        found.append((before.count("\n") + 1, len(before) - before.rfind("\n")))
    return found
