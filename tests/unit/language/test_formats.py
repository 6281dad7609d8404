from __future__ import annotations

import pytest

from language.formats import FORMATS

GOOD = {
    "duration": ["PT30S", "P1D", "P3W4DT5H6M7.5S", "PT0S", "P1W", "PT1.5H"],
    "semver": ["1.0.0", "0.1.0-rc.1", "1.2.3-alpha+build.5", "10.20.30"],
    "label": ["a", "order-flow", "A1", "a" * 63],
    "dsl-version": ["1.0.0", "1.0.3"],
    "uri-template": ["https://example.com", "http://a/{id}/{name.first}", "file://x.proto", "https://"],
    "uri-reference": ["/orders", "urn:a:b", "about:blank", "https://a/{id}"],
    "json-pointer": ["", "/do/0/a", "/a~0b~1c"],
    "date-time": ["2026-01-31T09:30:00Z", "2026-01-31T09:30:00.5+01:00"],
    "cron": [
        "* * * * *",
        "*/5 0-6 1,15 jan-mar MON-fri",
        "0 0 * * 7",
        "59 23 31 12 0",
        "0-30/10 * * * *",
        "0 0 29 2 */6",
    ],
    "event-attribute": ["com.example.v1", "com\\.example\\..*", "(?i)a|b", "", "https://a/b?c=1"],
}
BAD = {
    "duration": ["", "P", "PT", "30S", "P1S", "PT1D", "-PT1S", "P1DT", "pt1s", "PT1,5S", "PT\u0661S",
                 "P1Y", "P2M", "P1Y2M3DT1H"],
    "semver": ["", "1", "1.0", "01.0.0", "1.0.0-", "v1.0.0", "1.0.0-01"],
    "label": ["", "-a", "a-", "a_b", "a.b", "a" * 64, "é", "a\n"],
    "dsl-version": ["1.1.0", "0.9", "1.0.0-alpha1", "latest"],
    "uri-template": ["", "example.com", "/a", "https://a b", "https://{", "https://}", "https://{+a}", "https://{}"],
    "uri-reference": ["", "a b", "{", "{?q}"],
    "json-pointer": ["a", "/~2", "/~"],
    "date-time": ["2026-01-31", "2026-02-31T00:00:00Z", "2026-01-31T09:30:00", "now"],
    "cron": ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * foo *",
             "* * * * 8", "5-1 * * * *", "*/0 * * * *", "*-5 * * * *", "a b c d e", "1,, * * * *", "@daily",
             "0 0 30 2 *", "0 0 31 4,6,9,11 *"],
    "event-attribute": ["a(", "(?=a)", "(a)\\1", "a" * 1000 + "+"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GOOD.items() for text in texts])
def test_what_is_right_has_no_fault(name: str, text: str) -> None:
    assert FORMATS[name](text) == ""


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_what_is_wrong_has_one(name: str, text: str) -> None:
    assert FORMATS[name](text)
