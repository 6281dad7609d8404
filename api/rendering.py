"""What an approval shows, made ready for a page: Markdown without HTML, tables with columns, diffs line by line.

The digest is of what the author gave; this only changes how it is written. Whoever shows it escapes text as usual.
"""

from __future__ import annotations

import difflib
import json
import re
from typing import Any

#: Lines of a diff that are compared and shown.
DIFF_LINES_MAX = 2_000
_TARGET = re.compile(r"(\]\(\s*<?|^\s*\[[^\]]+\]:\s*<?)([^)\s>]+)", re.MULTILINE)
_ALLOWED = re.compile(r"(https?://|mailto:|#|/(?!/))", re.IGNORECASE)


def rendered(part: dict[str, Any]) -> dict[str, Any]:
    """Give one part of the context: `{kind, title, …}`."""
    kind = next(key for key in part if key != "title")
    content = part[kind]
    shown: dict[str, Any] = {"kind": kind, "title": part.get("title")}
    match kind:
        case "markdown":
            return {**shown, "markdown": safe_markdown(content)}
        case "table":
            return {**shown, **_table(content)}
        case "diff":
            return {**shown, "lines": _diff(content["before"], content["after"])}
        case "link":
            return {**shown, "href": content["href"], "label": content.get("title") or content["href"]}
        case "image":
            return {**shown, "src": content["src"], "alt": content.get("alt", "")}
        case _:
            return {**shown, kind: content}


def safe_markdown(text: str) -> str:
    """Give Markdown in which HTML is text, and links lead nowhere but to web and mail addresses."""
    escaped = text.replace("<", "&lt;")
    return _TARGET.sub(lambda match: match[1] + (match[2] if _ALLOWED.match(match[2]) else "#"), escaped)


def _table(content: Any) -> dict[str, Any]:
    if isinstance(content, dict):
        return {"columns": content["columns"], "rows": content["rows"]}
    columns = list(dict.fromkeys(name for row in content for name in row))
    return {"columns": columns, "rows": [[row.get(name) for name in columns] for row in content]}


def _diff(before: Any, after: Any) -> list[dict[str, str]]:
    old, new = (_text(value).splitlines()[:DIFF_LINES_MAX] for value in (before, after))
    kinds = {"  ": "same", "- ": "removed", "+ ": "added"}
    lines = difflib.ndiff(old, new)
    return [{"kind": kinds[line[:2]], "text": line[2:]} for line in lines if line[:2] in kinds]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
