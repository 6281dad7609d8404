from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidDefinition
from language.document import read
from language.format import formatted
from tests.unit.language.documents import ALL

LONG = "this text is so long that a formatter with a limit for lines would break it somewhere " * 2 + "in it"

UNTIDY = """\
# what it is
document:   {dsl: '1.0.3', namespace: a, name: b,   version: "1.0.0"}   # on one line


do:
# above the first task
- first:   # beside its name
     set:
        text: |
           kept
             as it is
        day: 2026-01-31
        long: {LONG}
   # between the tasks
- second:
     wait: PT1S\t
# at the end
""".replace("{LONG}", LONG)

TIDY = """\
# what it is
document: {dsl: '1.0.3', namespace: a, name: b, version: "1.0.0"}       # on one line


do:
# above the first task
  - first: # beside its name
      set:
        text: |
          kept
            as it is
        day: '2026-01-31'
        long: {LONG}
   # between the tasks
  - second:
      wait: PT1S
# at the end
""".replace("{LONG}", LONG)


def test_layout_is_canonical_and_comments_order_and_quotes_stay() -> None:
    assert formatted(UNTIDY) == TIDY


def test_windows_line_ends_and_a_byte_order_mark_go() -> None:
    assert formatted("\ufeff" + UNTIDY.replace("\n", "\r\n")) == TIDY


@pytest.mark.parametrize("name", ALL)
def test_formatting_changes_no_meaning_and_is_done_after_once(name: str) -> None:
    once = formatted(ALL[name])
    assert read(once).data == read(ALL[name]).data
    assert formatted(once) == once


@pytest.mark.parametrize("name", ALL)
def test_json_stays_json(name: str) -> None:
    data = read(ALL[name]).data
    laid_out = formatted(json.dumps(data))
    assert json.loads(laid_out) == data
    assert formatted(laid_out) == laid_out


def test_blanks_that_a_text_block_needs_stay() -> None:
    text = "a: |\n  two blanks  \n  end\n"
    assert formatted(text) == text


def test_a_text_that_cannot_be_read_is_refused() -> None:
    for broken in ("a: [", "a: 1\na: 2\n"):
        with pytest.raises(InvalidDefinition):
            formatted(broken)


@settings(max_examples=120, deadline=None)
@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"#, \n01.~<=é\u2028", max_size=50))
def test_any_text_is_formatted_to_the_same_meaning_or_refused(text: str) -> None:
    try:
        once = formatted(text)
    except InvalidDefinition:
        return
    assert read(once).data == read(text).data
    assert formatted(once) == once
