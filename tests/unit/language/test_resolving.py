"""What a document refers to outside of it is fetched, checked and put in when it is published."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given

from agentos.authoring import catalog, expression_check
from api.checking import Checked, checker, problems_of
from engine.errors import Problem
from language.document import Document
from language.places import NOWHERE
from language.repositories import raw_addresses
from language.resolving import RESOURCES_MAX, Judge, Whole
from testkit import play
from tests.unit.language.documents import HEAD
from tests.unit.language.outside import Outside
from tests.unit.language.test_check import TREES

KNOWN = Judge(catalog=catalog(), check_expressions=expression_check())
SHOUT = "https://functions.example/shout.yaml"
ORDER = "https://schemas.example/order.json"
SHOUTING = "set: '${ {text: (.text | ascii_upcase)} }'\n"
CALL = f"{HEAD}do:\n  - a:\n      call: {SHOUT}\n      with: {{text: hello}}\n"
CATALOG = (
    HEAD
    + """\
use:
  catalogs: {ours: {endpoint: https://github.com/shop/catalog}}
do:
  - a: {call: 'shout:1.0.0@ours', with: {text: hello}}
"""
)


def published(text: str, outside: Outside) -> Checked:
    return checker(replace(KNOWN, fetch=outside.fetch))(text)


def problems(text: str, texts: dict[str, str]) -> list[Problem]:
    return problems_of(text, replace(KNOWN, fetch=Outside(texts).fetch))


def told(text: str, texts: dict[str, str]) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.message) for problem in problems(text, texts)]


def test_a_function_is_part_of_the_definition_from_then_on() -> None:
    checked = published(CALL, Outside({SHOUT: SHOUTING}))

    assert play(checked.definition).output == {"text": "HELLO"}
    assert json.loads(checked.definition.document)["use"]["functions"][SHOUT] == {
        "set": "${ {text: (.text | ascii_upcase)} }"
    }
    (resource,) = checked.resources
    assert (resource.uri, resource.text) == (SHOUT, SHOUTING)
    assert resource.digest == hashlib.sha256(SHOUTING.encode()).hexdigest()


def test_a_catalog_in_a_repository_is_read_in_its_raw_form_with_its_credentials() -> None:
    raw = "https://raw.githubusercontent.com/shop/catalog/HEAD/functions/shout/1.0.0/function.yaml"
    policy = "{uri: https://github.com/shop/catalog, authentication: {use: robot}}"
    text = CATALOG.replace("https://github.com/shop/catalog", policy).replace(
        "use:\n", "use:\n  authentications: {robot: {bearer: {token: '${ $secrets.git }'}}}\n  secrets: [git]\n"
    )
    outside = Outside({raw: SHOUTING})

    assert play(published(text, outside).definition).output == {"text": "HELLO"}
    assert [each.authentication for each in outside.asked] == [{"bearer": {"token": "${ $secrets.git }"}}]


@pytest.mark.parametrize(
    ("uri", "raw"),
    [
        ("https://a.example/f.yaml", ["https://a.example/f.yaml"]),
        (
            "https://github.com/o/r/tree/main/functions/f/1.0.0/function.yaml",
            [
                "https://raw.githubusercontent.com/o/r/refs/heads/main/functions/f/1.0.0/function.yaml",
                "https://raw.githubusercontent.com/o/r/main/functions/f/1.0.0/function.yaml",
            ],
        ),
        (
            "https://github.com/o/functions/check@v1.0.0",
            ["https://raw.githubusercontent.com/o/functions/v1.0.0/check/function.yaml"],
        ),
        ("https://gitlab.com/g/p/functions/f.yaml", ["https://gitlab.com/g/p/-/raw/HEAD/functions/f.yaml"]),
        ("https://git.example/g/s/p/-/blob/main/f.yaml", ["https://git.example/g/s/p/-/raw/main/f.yaml"]),
        ("https://gitlab.com/g/p/-/raw/main/f.yaml", ["https://gitlab.com/g/p/-/raw/main/f.yaml"]),
    ],
)
def test_addresses_of_pages_lead_to_the_text_behind_them(uri: str, raw: list[str]) -> None:
    assert list(raw_addresses(uri)) == raw


def test_schemas_from_outside_judge_data() -> None:
    text = f"{HEAD}input: {{schema: {{resource: {{endpoint: {ORDER}}}}}}}\ndo:\n  - a:\n      set: {{x: 1}}\n"
    outside = Outside({ORDER: '{"type": "object", "required": ["amount"]}'})
    definition = published(text, outside).definition

    assert play(definition, {"amount": 1}).status == "completed"
    assert play(definition, {}).error["type"].endswith("/validation")


def test_functions_may_call_functions_and_have_schemas_from_outside() -> None:
    outer = "https://functions.example/outer.yaml"
    texts = {
        outer: f"input: {{schema: {{resource: {{endpoint: {ORDER}}}}}}}\ndo:\n  - b: {{call: '{SHOUT}'}}\n",
        SHOUT: SHOUTING,
        ORDER: "required: [text]\n",
    }
    definition = published(CALL.replace(SHOUT, outer), Outside(texts)).definition

    assert play(definition).output == {"text": "HELLO"}


def test_a_text_that_many_ask_for_is_fetched_once() -> None:
    outside = Outside({SHOUT: SHOUTING})
    published(CALL + f"  - b: {{call: '{SHOUT}'}}\n  - c: {{call: '{SHOUT}'}}\n", outside)

    assert len(outside.asked) == 1


def test_what_cannot_be_fetched_is_told_where_it_is_asked_for_once() -> None:
    assert told(CALL + f"  - b: {{call: '{SHOUT}'}}\n", {}) == [
        (4, 13, f'the function "{SHOUT}": GET {SHOUT}: found status 404')
    ]


def test_mistakes_in_a_function_are_told_with_both_places_and_beside_all_others() -> None:
    function = "set: {x: 1}\nthenn: end\nif: .a + \n"
    text = CALL + "  - b: {wait: soon}\n"
    found = told(text, {SHOUT: function})

    assert [each[:2] for each in found] == [(4, 13), (4, 13), (6, 15)]
    assert f'{SHOUT}:2:1: unknown key "thenn"; did you mean "then"?' in [each[2] for each in found]
    assert any(each[2].startswith(f"{SHOUT}:3:9: ") for each in found)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("- a\n", ":1:1: the document is a list"),
        ("a: [", ":1:"),
        ("call: http\nwith: {method: get}\n", ':2:1: "with" lacks the key "endpoint"'),
        ("call: teleport\n", 'no function or node type "teleport"'),
        ("call: log\nwith: {message: '${ $secrets.key }'}\n", "use.secrets does not list"),
        ("call: log\nwith: {message: '${ $secrets[\"key\"] }'}\n", "reads no secrets"),
        (f"do:\n  - a: {{call: '{SHOUT}'}}\n", "calls itself"),
        ("{}\n", "does not say what to do"),
    ],
)
def test_a_function_that_is_none_is_refused(function: str, said: str) -> None:
    (problem, *_) = problems(CALL, {SHOUT: function})
    assert said in problem.message
    assert (problem.line, problem.column) == (4, 13) or "itself" in said


@pytest.mark.parametrize("schema", ['{"type": "objekt"}', '{"$ref": "https://other.example/s.json"}', "[]"])
def test_a_schema_that_is_none_is_refused(schema: str) -> None:
    text = f"{HEAD}input: {{schema: {{resource: {{endpoint: {ORDER}}}}}}}\ndo:\n  - a: {{set: {{x: 1}}}}\n"
    (problem,) = problems(text, {ORDER: schema})
    assert problem.message.startswith(f"{ORDER}:1:")
    assert problem.pointer == "/input/schema/resource/endpoint"


@pytest.mark.parametrize("endpoint", ["'${ .where }'", "'https://schemas.example/{name}.json'"])
def test_an_address_that_only_a_run_could_know_is_refused(endpoint: str) -> None:
    text = f"{HEAD}input: {{schema: {{resource: {{endpoint: {endpoint}}}}}}}\ndo:\n  - a: {{set: {{x: 1}}}}\n"
    ((line, _, message),) = told(text, {})
    assert (line, "write its address out" in message) == (2, True)


def test_there_are_limits_of_number_size_and_depth() -> None:
    many = HEAD + "do:\n" + "".join(f"  - t{n}: {{call: 'https://f.example/{n}'}}\n" for n in range(RESOURCES_MAX + 1))
    deep = {f"https://f.example/{n}": f"call: https://f.example/{n + 1}\n" for n in range(20)}
    huge = SHOUTING + "# " + "x" * 600_000

    assert "at most 50 texts" in told(many, {})[0][2]
    assert "more than 8 levels deep" in told(CALL.replace(SHOUT, "https://f.example/0"), deep)[0][2]
    assert "524288 bytes in all" in told(CALL, {SHOUT: huge})[0][2]


def test_offline_nothing_is_fetched() -> None:
    assert problems_of(CALL, KNOWN) == []


@given(TREES)
def test_whatever_a_document_is_looking_for_the_outside_ends(data: object) -> None:
    whole_data = data if isinstance(data, dict) else {"do": data, "use": data, "input": data}
    document = Document(data=whole_data, positions={"": NOWHERE})
    Whole(document, replace(KNOWN, fetch=Outside().fetch)).complete()
