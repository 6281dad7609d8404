from __future__ import annotations

import json
from typing import Any

import pytest

from schemas import cloudevents
from schemas.cloudevents import NotACloudEvent, checked, from_attributes, from_record

EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "paid"}


def test_a_structured_record_is_the_event_as_it_was_written() -> None:
    text = json.dumps({**EVENT, "data": {"amount": 1.50}}, indent=1)
    found = from_record(cloudevents.HEADERS, text.encode())
    assert found.text == text
    assert found.event_type == "paid"


@pytest.mark.parametrize(
    ("content_type", "value", "expected"),
    [
        (b"application/json", b'{"n": 1}', {"data": {"n": 1}}),
        (b"application/vnd.shop+json; v=1", b"[1]", {"data": [1]}),
        (b"text/plain", "grüße".encode(), {"data": "grüße"}),
        (b"image/png", b"\x89P", {"data_base64": "iVA="}),
    ],
)
def test_a_binary_record_has_its_attributes_in_headers(content_type: bytes, value: bytes, expected: Any) -> None:
    headers = [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"/s"), ("ce_type", b"paid")]
    found = from_record([*headers, ("content-type", content_type)], value)
    assert found.data == {**EVENT, "datacontenttype": content_type.decode(), **expected}
    assert json.loads(found.text) == found.data


def test_an_event_may_have_no_data() -> None:
    assert from_attributes({**EVENT}, None, b"").data == EVENT


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ([], "expected an object"),
        ({**EVENT, "specversion": "0.3"}, "specversion: expected '1.0'"),
        ({**EVENT, "id": ""}, "id: expected a text"),
        ({**EVENT, "type": 7}, "type: expected a text"),
        ({**EVENT, "Upper": "x"}, "lower-case"),
        ({**EVENT, "extra": {"no": "object"}}, "extra: expected a text, true"),
        ({**EVENT, "extra": 2**31}, "extra: expected a text, true"),
        ({**EVENT, "type": "two\nlines"}, "control characters"),
        ({**EVENT, "time": "yesterday"}, "time: expected an instant"),
        ({**EVENT, "time": "2026-01-31T12:00:00"}, "time: expected an instant"),
        ({**EVENT, "data": 1, "data_base64": "aa=="}, "found both"),
        ({**EVENT, "data_base64": "?"}, "expected Base64"),
    ],
)
def test_what_is_no_event_is_said_in_sentences(event: Any, problem: str) -> None:
    with pytest.raises(NotACloudEvent, match=problem):
        checked(event)


@pytest.mark.parametrize("value", [None, b"", b"no json", b"\xff", b"[" * 200_000, b'{"specversion":"1.0"}'])
def test_a_record_that_is_no_event_is_refused(value: bytes | None) -> None:
    with pytest.raises(NotACloudEvent):
        from_record((), value)


def test_every_problem_is_said_at_once() -> None:
    with pytest.raises(NotACloudEvent) as raised:
        checked({"specversion": "1.0", "Bad": 1})
    assert len(raised.value.problems) == 4
