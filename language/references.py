"""What is referred to by name is defined: parts of `use`, and secrets in expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from language.places import Path
from language.problems import Findings
from language.shape import Expression, Reference
from language.words import label, listed, shortened

_NOUNS = {
    "authentications": "authentication policy",
    "errors": "error",
    "retries": "retry policy",
    "secrets": "secret",
    "timeouts": "timeout",
}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_PARAMETER = re.compile(r"""\$authorization\s*(?:\.\s*"?parameter|\[\s*"parameter|\.\s*\[\s*"parameter)""")
_SECRET = re.compile(r"\$secrets\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)")


def defined(data: dict[str, Any], kind: str) -> list[str]:
    """Give the names that a document defines in one part of `use`."""
    use = data.get("use")
    part = use.get(kind) if isinstance(use, dict) else None
    if isinstance(part, dict):
        return list(part)
    return [name for name in part if isinstance(name, str)] if isinstance(part, list) else []


def check_references(references: Iterable[Reference], findings: Findings) -> None:
    """Check that each name is defined in its part of `use`."""
    names = {kind: defined(findings.document.data, kind) for kind in _NOUNS}
    known = {kind: set(found) for kind, found in names.items()}
    for path, kind, name in references:
        if name in known[kind]:
            continue
        hint = findings.suggestions.hint(name, names[kind])
        message = f'there is no {_NOUNS[kind]} "{shortened(name)}" in use.{kind}{hint or "; define it there"}'
        findings.at_value(path, message, expected=listed(names[kind], "or") if names[kind] else "", found=name)


def check_secrets(expressions: Iterable[Expression], findings: Findings) -> None:
    """Check that expressions read only secrets that `use.secrets` declares."""
    names = defined(findings.document.data, "secrets")
    known = set(names)
    for path, source in expressions:
        if "$secrets" not in source:
            continue
        for name in dict.fromkeys(_SECRET.findall(_STRING.sub('""', source))):
            if name not in known:
                hint = findings.suggestions.hint(name, names) or "; add it there"
                message = f'the expression reads the secret "{shortened(name)}", which use.secrets does not list{hint}'
                findings.at_value(path, message, expected="a secret of use.secrets", found=name)


def check_authorization(expressions: Iterable[Expression], findings: Findings) -> None:
    """Check that the parameter of `$authorization`, which is a secret, is read in arguments alone."""
    for path, source in expressions:
        if "$authorization" in source and _PARAMETER.search(source) and not _is_argument(path):
            message = (
                f"{label(path)} would write the parameter of $authorization into the log; it is a secret, so read it "
                "in the arguments of `call` and `run` only, and here no more than $authorization.scheme"
            )
            findings.at_value(path, message, expected="an expression without the parameter", found="its parameter")


def _is_argument(path: Path) -> bool:
    """Tell whether an expression stands in the arguments of a `call` or `run`."""
    return "emit" not in path and ("with" in path or "run" in path) and not {"output", "export"} & set(path)


def check_unique_secrets(findings: Findings) -> None:
    """Check that `use.secrets` lists each name once."""
    seen: set[str] = set()
    for index, name in enumerate(defined(findings.document.data, "secrets")):
        if name in seen:
            findings.at_value(("use", "secrets", index), f'the secret "{shortened(name)}" is listed twice; remove one')
        seen.add(name)
