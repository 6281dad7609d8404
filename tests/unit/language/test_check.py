from __future__ import annotations

import json
import time
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidDefinition, Problem
from language.check import check
from language.document import read
from language.expressions import Asked
from tests.unit.language.documents import ALL, HEAD, NodeTypes

RUN = {"secrets", "workflow", "runtime"}
BEFORE = RUN | {"context", "task"}
TASK = BEFORE | {"input", "authorization"}


def variables(text: str) -> dict[str, set[str]]:
    """Give the variables that each program may use."""
    noted: dict[str, set[str]] = {}

    def note(asked: Sequence[Asked], /) -> list[list[Problem]]:
        noted.update((source, set(names)) for source, names in asked)
        return [[] for _ in asked]

    assert check(read(text), NodeTypes(), note) == []
    return noted


SCOPES = (
    HEAD
    + """\
input: {from: .w_in}
output: {as: .w_out}
timeout: {after: '${ .w_timeout }'}
use: {functions: {f: {set: {x: '${ .in_use }'}}}}
do:
  - loop:
      if: .t_if
      input: {from: .t_in}
      output: {as: {x: '${ .t_out }'}}
      export: {as: .t_export}
      for: {each: pet, in: .t_for}
      while: .t_while
      do:
        - safe:
            try: [{inner: {set: {x: '${ .in_try }'}}}]
            catch:
              as: oops
              when: .c_when
              retry: {when: .c_retry}
              do: [{handler: {set: {x: '${ .c_do }'}}}]
  - hear:
      listen: {to: {any: [], until: .l_until}}
      foreach:
        item: event
        do: [{each: {set: {x: '${ .e_do }'}}}]
        output: {as: .e_out}
        export: {as: .e_export}
"""
)


def test_each_expression_is_asked_about_with_the_variables_of_its_place() -> None:
    asked = variables(SCOPES)
    loop = {"pet", "index"}
    everything = TASK | loop | {"oops", "event", "output"}
    assert asked == {
        ".w_in": RUN,
        ".w_out": RUN | {"context"},
        ".w_timeout": RUN | {"input"},
        ".in_use": everything,
        ".t_if": BEFORE,
        ".t_in": BEFORE,
        ".t_out": TASK,
        ".t_export": TASK | {"output"},
        ".t_for": TASK,
        ".t_while": TASK | loop,
        ".in_try": TASK | loop,
        ".c_when": TASK | loop | {"oops"},
        ".c_retry": TASK | loop | {"oops"},
        ".c_do": TASK | loop | {"oops"},
        ".l_until": TASK,
        ".e_do": TASK | {"event", "index"},
        ".e_out": TASK | {"event", "index"},
        ".e_export": TASK | {"event", "index", "output"},
    }


def test_what_is_never_evaluated_is_not_asked_about() -> None:
    text = """\
document: {dsl: '1.0.3', namespace: a, name: b, version: '1.0.0', title: '${ t }', metadata: {m: '${ m }'}}
input: {schema: {document: {default: '${ s }'}}}
do:
  - a: {set: {plain: 'Hello ${ .x }', x: '${ .y }'}, metadata: {m: '${ m }'}}
  - b: {run: {script: {language: js, code: '${ code }'}}}
"""
    assert set(variables(text)) == {".y"}


def test_a_fault_of_an_expression_is_told_where_it_stands() -> None:
    text = HEAD + "do:\n  - a: {set: {x: '${ .a + }'}}\n"
    (problem,) = check(
        read(text),
        NodeTypes(),
        lambda asked, /: [
            [Problem(pointer="", message=f"unexpected end of {source}", line=1, column=4)] for source, _ in asked
        ],
    )
    assert problem == Problem(
        pointer="/do/0/a/set/x",
        message='"x": unexpected end of .a +',
        line=3,
        column=25,
        expected="an expression",
        found=".a +",
    )


def large_document(tasks: int) -> str:
    """Give a document with this many tasks of a dozen lines each."""
    steps = "".join(
        f"""\
  - step{n}:
      if: .a > {n}
      call: {("http", "agent")[n % 2]}
      with:
        {("method: post", "model: small")[n % 2]}
        {("endpoint: https://example.com/{id}", "prompt: hello there")[n % 2]}
      input:
        schema: {{document: {{type: object, properties: {{a: {{type: integer}}}}}}}}
      output:
        as: .result
      then: step{(n + 1) % tasks}
"""
        for n in range(tasks)
    )
    return f"{HEAD}do:\n{steps}"


def test_a_document_of_a_thousand_tasks_is_read_and_checked_in_less_than_a_second() -> None:
    text = large_document(1000)
    started = time.process_time()
    assert check(read(text), NodeTypes()) == []
    assert time.process_time() - started < 1


def test_a_document_of_nothing_but_mistakes_takes_no_longer() -> None:
    text = HEAD + "do:\n" + "".join(f"  - t{n}: {{cal: x, widh: {{}}, then: u{n}}}\n" for n in range(3000))
    started = time.process_time()
    assert len(check(read(text), NodeTypes())) == 201
    assert time.process_time() - started < 2


def every_problem(text: str) -> Sequence[Problem]:
    """Give the problems of a text, whether it can be read or not."""
    try:
        return check(read(text), NodeTypes())
    except InvalidDefinition as refused:
        return refused.problems


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
WORDS = st.sampled_from(
    "document input use do timeout output schedule evaluate call with set switch for fork try catch raise wait listen "
    "emit run if then export foreach branches errors retry functions extensions secrets to any until one all".split()
)
TREES = st.recursive(
    SCALARS | WORDS | st.sampled_from(["${ .a }", "http", "agent", "PT1S", "end", "a"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5),
    max_leaves=40,
)


@settings(max_examples=80, deadline=None)
@given(data=st.dictionaries(WORDS, TREES, max_size=8))
def test_any_data_is_judged_without_an_exception(data: dict[str, object]) -> None:
    try:
        document = read(json.dumps(data))
    except InvalidDefinition:
        return
    found = check(document, NodeTypes())
    assert found
    assert found == sorted(found, key=lambda problem: (problem.line, problem.column, problem.pointer))


@settings(max_examples=80, deadline=None)
@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t01.~${}\u2028é", max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    assert all(problem.message and problem.line > 0 for problem in every_problem(text))


@settings(max_examples=80, deadline=None)
@given(name=st.sampled_from(sorted(ALL)), at=st.integers(0, 4000), cut=st.integers(0, 30), put=st.text(max_size=6))
def test_any_damage_to_a_document_is_judged_without_an_exception(name: str, at: int, cut: int, put: str) -> None:
    text = ALL[name]
    at %= len(text)
    assert all(problem.message for problem in every_problem(text[:at] + put + text[at + cut :]))


def test_deep_documents_are_judged() -> None:
    tasks = "do: [{a: {" * 24 + "wait: x" + "}}]" * 24
    assert check(read(f"{HEAD}{tasks}\n"), NodeTypes())[0].message.startswith('"wait" ("x")')
    data = "[" * 90 + "]" * 90
    assert check(read(f"{HEAD}do: [{{a: {{set: {{x: {data}}}}}}}]\n"), NodeTypes()) == []
