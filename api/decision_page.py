"""The page that a one-time link opens: what is asked, and a form that decides by POST. Plain HTML, no script.

Everything that somebody wrote is escaped. Pictures and links of the context are shown as addresses to open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from starlette.responses import HTMLResponse, Response

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
:root{color-scheme:light dark}
table{border-collapse:collapse}td,th{border:1px solid #8888;padding:.2rem .6rem;text-align:left}
pre{white-space:pre-wrap;background:#8881;padding:.6rem;overflow-wrap:anywhere}
label{display:block;margin-top:.8rem}input,textarea,select{font:inherit;width:100%;box-sizing:border-box}
input[type=checkbox]{width:auto}button{font:inherit;padding:.5rem 1.2rem;margin:1rem .5rem 0 0}
.added{color:#080}.removed{color:#b00}.problem{border-left:4px solid #b00;padding-left:.8rem}
@media(prefers-color-scheme:dark){.added{color:#6c6}.removed{color:#f77}}
"""
#: Types of fields that the page has an input for; a form with others is filled in as JSON.
SIMPLE = {"string": "text", "number": "number", "integer": "number", "boolean": "checkbox"}


def question_page(view: Mapping[str, Any], person: str, problem: Iterable[str] = (), status: int = 200) -> Response:
    """Give the page that asks."""
    problems = "".join(f'<p class="problem" role="alert">{escape(line)}</p>' for line in problem)
    deadline = f"<p>Until {escape(view['deadline'])}</p>" if view.get("deadline") else ""
    body = (
        f"<h1>{escape(view['title'])}</h1>{problems}"
        f"<p>You decide as <strong>{escape(person)}</strong>.</p>{deadline}"
        f"{''.join(map(_part, view['context']))}"
        f'<form method="post"><input type="hidden" name="digest" value="{escape(view["digest"])}">'
        f"{_fields(view['form'])}"
        '<label for="comment">Comment</label>'
        '<textarea id="comment" name="comment" rows="3" maxlength="4000"></textarea>'
        '<button name="act" value="approve">Approve</button><button name="act" value="reject">Reject</button>'
        '<button name="act" value="request_changes">Request changes</button></form>'
    )
    return _page(view["title"], body, status)


def notice_page(title: str, text: str, status: int = 200) -> Response:
    """Give a page that says one thing."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>", status)


def data_of(form: Mapping[str, Any] | None, given: Mapping[str, list[str]]) -> Any:
    """Give the form's data from what a browser sent. Raises `ValueError` for JSON that is none."""
    if form is None:
        return None
    properties = _simple(form)
    if properties is None:
        text = given.get("json", [""])[0].strip()
        return json.loads(text) if text else None
    found = {
        name: _value(part, given[f"field.{name}"][0]) for name, part in properties.items() if _is_given(name, given)
    }
    absent = {name: False for name, part in properties.items() if part.get("type") == "boolean" and name not in found}
    return {**found, **absent}


def _is_given(name: str, given: Mapping[str, list[str]]) -> bool:
    return given.get(f"field.{name}", [""])[0] != ""


def _value(part: Mapping[str, Any], text: str) -> Any:
    match part.get("type"):
        case "boolean":
            return True
        case "integer" | "number":
            try:
                return int(text) if text.lstrip("+-").isdecimal() else float(text)
            except ValueError:
                return text
        case _:
            return text


def _simple(form: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the fields of a form that has plain ones only."""
    properties = form.get("properties")
    if not isinstance(properties, dict) or not properties:
        return None
    is_plain = all(
        isinstance(part, dict) and (part.get("type") in SIMPLE or _options(part)) for part in properties.values()
    )
    return properties if is_plain else None


def _options(part: Mapping[str, Any]) -> list[str] | None:
    found = part.get("enum")
    return found if isinstance(found, list) and all(isinstance(each, str) for each in found) else None


def _fields(form: Mapping[str, Any] | None) -> str:
    if form is None:
        return ""
    properties = _simple(form)
    if properties is None:
        schema = escape(json.dumps(form, indent=1, ensure_ascii=False))
        return (
            '<label for="json">Data, as JSON</label><textarea id="json" name="json" rows="6"></textarea>'
            f"<details><summary>What it has to be</summary><pre>{schema}</pre></details>"
        )
    required = form.get("required") or []
    return "".join(_field(name, part, is_needed=name in required) for name, part in properties.items())


def _field(name: str, part: Mapping[str, Any], *, is_needed: bool) -> str:
    at = escape(f"field.{name}")
    label = escape(str(part.get("title") or name)) + (" *" if is_needed else "")
    head = f'<label for="{at}">{label}</label>'
    if (options := _options(part)) is not None:
        items = "".join(f"<option>{escape(each)}</option>" for each in options)
        return f'{head}<select id="{at}" name="{at}"><option value=""></option>{items}</select>'
    kind = SIMPLE[part["type"]]
    step = ' step="any"' if part["type"] == "number" else ""
    return f'{head}<input id="{at}" name="{at}" type="{kind}"{step}>'


def _part(part: Mapping[str, Any]) -> str:
    title = f"<h2>{escape(str(part['title']))}</h2>" if part.get("title") else ""
    match part["kind"]:
        case "table":
            return title + _table(part["columns"], part["rows"])
        case "diff":
            lines = "\n".join(f'<span class="{line["kind"]}">{escape(line["text"])}</span>' for line in part["lines"])
            return f"{title}<pre>{lines}</pre>"
        case "link":
            href = escape(part["href"])
            return f'{title}<p><a href="{href}" rel="noreferrer noopener">{escape(str(part["label"]))}</a></p>'
        case "image":
            return title + _image(part)
        case "json":
            return f"{title}<pre>{escape(json.dumps(part['json'], indent=1, ensure_ascii=False))}</pre>"
        case kind:
            return f"{title}<pre>{escape(str(part[kind]))}</pre>"


def _image(part: Mapping[str, Any]) -> str:
    src, alt = escape(part["src"]), escape(str(part["alt"]))
    if part["src"].startswith("data:"):
        return f'<p><img src="{src}" alt="{alt}"></p>'
    return f'<p>Picture: <a href="{src}" rel="noreferrer noopener">{alt or src}</a></p>'


def _table(columns: list[Any], rows: list[list[Any]]) -> str:
    head = "".join(f"<th>{escape(str(name))}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    return escape(cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False))


def _page(title: str, body: str, status: int) -> Response:
    return HTMLResponse(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/decide.css"><main>{body}</main></html>',
        status,
    )
