from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidDefinition
from language.document import read
from language.format import formatted
from tests.unit.language.documents import ALL
from tests.unit.language.test_check import large_document

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
document: {dsl: '1.0.3', namespace: a, name: b, version: "1.0.0"}   # on one line


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
      wait: PT1S
# at the end
""".replace("{LONG}", LONG)

#: Pairs of what an author wrote and how it is laid out.
LAYOUTS = [
    ("a:   1\nb :   {x:1,  y : [ 1,2 ] }\n", "a: 1\nb: {x:1, y: [1, 2]}\n"),
    ("a:\n- - 1\n  -   2\n-\n   b: 1\n   c: 2\n", "a:\n  - - 1\n    - 2\n  -\n    b: 1\n    c: 2\n"),
    ("a: {\n b: 1, # one\n\n      c: 2\n    }\n", "a: {\n  b: 1, # one\n\n  c: 2\n}\n"),
    ("a:\n    'one\n  two'\nb: one\n     two\n", "a:\n  'one\n  two'\nb: one\n  two\n"),
    ('a: "one \\\n      two"\n', 'a: "one \\\n  two"\n'),
    ("a: >-   # why\n     one\n\n       two\n\n\nb: 1\n", "a: >-   # why\n  one\n\n    two\n\n\nb: 1\n"),
    ("a: |+\n  one\n\nb: &x !!str 1\nc:   *x\n", "a: |+\n  one\n\nb: &x !!str 1\nc: *x\n"),
    ("---\na: 1\n", "---\na: 1\n"),
    (
        "a:\n      # of b\n    b: 1\n    # of a\n\n  # left\nc: 1\n\n\n",
        "a:\n  # of b\n  b: 1\n  # of a\n\n# left\nc: 1\n",
    ),
    ("grüße: 'ü🦉' # ü\nb:\n- 🦉\n", "grüße: 'ü🦉' # ü\nb:\n  - 🦉\n"),
    ("a: |2\n    one\n", "a: |2\n    one\n"),
    ("? a\n: 1\n", "a: 1\n"),
    ("a:\n    b: 1\n    # of b\n# at the end\n\n", "a:\n  b: 1\n  # of b\n# at the end\n"),
]


@pytest.mark.parametrize(("written", "tidy"), LAYOUTS)
def test_only_white_space_changes(written: str, tidy: str) -> None:
    assert formatted(written) == tidy
    assert formatted(tidy) == tidy


def test_a_document_of_a_thousand_tasks_is_laid_out_in_less_than_a_second() -> None:
    text = large_document(1000).replace("      ", "       # why\n      ", 300)
    started = time.process_time()
    assert formatted(text).count("# why") == 300
    assert time.process_time() - started < 1


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
