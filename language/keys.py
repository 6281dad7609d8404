"""The keys of a mapping: unknown ones, missing ones, groups of which exactly one is needed."""

from __future__ import annotations

import re
from typing import Any

from language.places import Path
from language.problems import Findings
from language.words import label, listed, quoted, shortened

Schema = dict[str, Any]


def check_keys(schema: Schema, value: dict[str, Any], path: Path, findings: Findings) -> None:
    """Check which keys are there. A key that is probably a misspelled one is not also reported as missing."""
    meant = _check_unknown(schema, value, path, findings)
    _check_names(schema, value, path, findings)
    present = set(value) | meant
    for key in schema.get("required", ()):
        if key not in present:
            _missing(key, value, path, findings)
    for part in (schema, *schema.get("allOf", ())):
        _check_groups(part, value, present, path, findings)
    _check_count(schema, value, path, findings)
    _check_dependent(schema, value, path, findings)
    _check_condition(schema, value, path, findings)


def _check_unknown(schema: Schema, value: dict[str, Any], path: Path, findings: Findings) -> set[str]:
    """Report unknown keys; give the keys that were probably meant."""
    if schema.get("additionalProperties") is not False:
        return set()
    known = schema["properties"]
    meant: set[str] = set()
    for key in value:
        if key in known:
            continue
        near = findings.suggestions.nearest(key, (name for name in known if name not in value))
        meant.add(near)
        hint = f'; did you mean "{near}"?' if near else f"; {label(path)} knows {listed(sorted(known))}"
        expected = f"one of {', '.join(sorted(known))}"
        findings.at_key((*path, key), f'unknown key "{shortened(key)}"{hint}', expected=expected, found=f'"{key}"')
    return meant


def _check_names(schema: Schema, value: dict[str, Any], path: Path, findings: Findings) -> None:
    rule = schema.get("propertyNames")
    if rule is None:
        return
    for key in value:
        if len(key) < rule.get("minLength", 0) or len(key) > rule.get("maxLength", len(key)):
            findings.at_key((*path, key), f"a name has 1 to {rule['maxLength']} characters, not {len(key)}")
        elif "pattern" in rule and not re.search(rule["pattern"], key):
            near = re.sub(r"[^a-z0-9]", "", key.lower())
            message = f'"{shortened(key)}" is no {rule["title"]}; write "{shortened(near)}"'
            findings.at_key((*path, key), message, expected=rule["title"], found=f'"{key}"')


def _check_groups(schema: Schema, value: dict[str, Any], present: set[str], path: Path, findings: Findings) -> None:
    """Check `oneOf` and `anyOf` whose branches are groups of required keys."""
    branches = schema.get("oneOf") or schema.get("anyOf") or ()
    begun = [branch for branch in branches if any(key in present for key in branch["required"])]
    exact = "exactly one of" if "oneOf" in schema else "at least one of"
    names = (
        listed([" with ".join(f'"{key}"' for key in branch["required"]) for branch in branches], "or")
        if branches
        else ""
    )
    if branches and not begun:
        message = f"{label(path)} needs {exact} {names}"
        findings.at_key(path, message, expected=f"{exact} {names}", found=listed(value) if value else "nothing")
    elif len(begun) > 1 and "oneOf" in schema:
        found = [key for branch in begun for key in branch["required"] if key in present]
        message = f"{label(path)} may have only one of {quoted(found)}; remove the others"
        findings.at_key(path, message, expected=f"{exact} {names}", found=listed(found))
    elif begun and "oneOf" in schema:
        _check_begun(begun[0], value, present, path, findings)


def _check_begun(branch: Schema, value: dict[str, Any], present: set[str], path: Path, findings: Findings) -> None:
    for key in branch["required"]:
        if key not in present:
            _missing(key, value, path, findings)
    if len(value) > branch.get("maxProperties", len(value)):
        others = [key for key in value if key not in branch["required"]]
        message = f"{quoted(branch['required'])} stands alone in {label(path)}; remove {quoted(others)}"
        findings.at_key(path, message, expected=quoted(branch["required"]), found=listed(value))


def _check_count(schema: Schema, value: dict[str, Any], path: Path, findings: Findings) -> None:
    if len(value) < schema.get("minProperties", 0):
        findings.at_value(path, f"{label(path)} is an empty mapping; write at least one key", found="nothing")
    elif len(value) > schema.get("maxProperties", len(value)):
        noun = schema.get("title", "mapping")
        first = next(iter(value))
        message = (
            f"a {noun} is a mapping with one key, its name; found {len(value)} keys: {quoted(value)}. "
            f'Indent what belongs to "{shortened(first)}" below it, and start each name with "- "'
        )
        findings.at_key(path, message, expected="one key", found=f"{len(value)} keys")


def _check_dependent(schema: Schema, value: dict[str, Any], path: Path, findings: Findings) -> None:
    for key, needed in schema.get("dependentRequired", {}).items():
        for other in needed:
            if key in value and other not in value:
                findings.at_key((*path, key), f'"{key}" goes only with "{other}"; remove it, or use "{other}"')


def _check_condition(schema: Schema, value: dict[str, Any], path: Path, findings: Findings) -> None:
    """Check `if` with constants, `then` with required keys and `else` with forbidden ones."""
    if "if" not in schema:
        return
    constants = {key: rule["const"] for key, rule in schema["if"]["properties"].items()}
    told = listed([f'"{key}: {constant}"' for key, constant in constants.items()])
    holds = all(value.get(key) == constant for key, constant in constants.items())
    for key in schema["then"]["required"]:
        if holds and key not in value:
            findings.at_key(path, f'{label(path)} lacks "{key}", which {told} needs', expected=f'"{key}"')
    for key in schema["else"]["properties"]:
        if not holds and key in value:
            findings.at_key((*path, key), f'"{key}" goes only with {told}; remove it')


def _missing(key: str, value: dict[str, Any], path: Path, findings: Findings) -> None:
    found = listed(value) if value else "nothing"
    findings.at_key(path, f'{label(path)} lacks the key "{key}"; add it', expected=f'"{key}"', found=shortened(found))
