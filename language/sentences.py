"""The errors of a JSON Schema validation as sentences for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from jsonschema.protocols import Validator
from referencing.exceptions import Unresolvable

from language.json_schema import MAX_STEPS, TooManySteps, errors
from language.places import Path
from language.words import Suggestions, label, listed, quoted, shortened, shown, types

#: More violations than this are not told one by one.
MAX_SENTENCES = 20


#: An error of the library, whose attributes have no useful types.
Error = Any


class Sentence(NamedTuple):
    """One violation, at a path inside of the value that was validated."""

    path: Path
    message: str
    expected: str
    found: str


def sentences(validator: Validator, value: Any, suggestions: Suggestions, name: str) -> list[Sentence]:
    """Validate a value, and give each violation as a sentence. `name` is what the value as a whole is called."""
    try:
        return sentences_within(validator, value, suggestions, name, MAX_STEPS)
    except TooManySteps as error:
        return [Sentence((), f'"{name}" cannot be validated: {error}', "", "")]


def sentences_within(
    validator: Validator, value: Any, suggestions: Suggestions, name: str, max_steps: int
) -> list[Sentence]:
    """Give the same. Raises `TooManySteps` when it would take more than `max_steps` keywords."""
    try:
        found = errors(validator, value, max_steps)
        told = [sentence for error in found for sentence in _told(error, (), suggestions, name)]
    except RecursionError:
        message = f'"{name}" cannot be validated: it is nested too deep, or its schema refers to itself without end'
        return [Sentence((), message, "", "")]
    except Unresolvable as error:
        return [
            Sentence(
                (), f'"{name}" cannot be validated: its schema refers to {error.ref!r}, which is not in it', "", ""
            )
        ]
    return sorted(dict.fromkeys(told), key=lambda sentence: [str(part) for part in sentence.path])[:MAX_SENTENCES]


def _told(error: Error, base: Path, suggestions: Suggestions, name: str) -> Iterator[Sentence]:
    path = (*base, *error.relative_path)
    if error.validator in ("anyOf", "oneOf") and error.context:
        yield from _of_branches(error, path, suggestions, name)
        return
    subject = label(path) if path else f'"{name}"'
    if error.validator == "required":
        yield from _missing(error, path, subject, suggestions)
    elif error.validator in ("additionalProperties", "unevaluatedProperties") and error.validator_value is False:
        yield from _unknown(error, path, subject, suggestions)
    else:
        wish = _WISHES.get(str(error.validator), _any_wish)(error)
        yield Sentence(path, f"{subject} must {wish}, not {shown(error.instance)}", wish, shown(error.instance))


def _of_branches(error: Error, path: Path, suggestions: Suggestions, name: str) -> Iterator[Sentence]:
    """Tell about the branch that fits best, or about the types when the value is of none of them."""
    branches: dict[Any, list[Error]] = defaultdict(list)
    for inner in error.context:
        branches[inner.relative_schema_path[0]].append(inner)
    of_type = [branch for branch in branches.values() if not any(_is_root_type(inner) for inner in branch)]
    if not of_type:
        wanted = [inner.validator_value for branch in branches.values() for inner in branch if _is_root_type(inner)]
        names = listed(dict.fromkeys(types(each) for each in wanted), "or")
        subject = label(path) if path else f'"{name}"'
        yield Sentence(path, f"{subject} must be {names}, not {shown(error.instance)}", names, shown(error.instance))
        return
    best = min(of_type, key=lambda branch: (any(_is_told_apart(inner) for inner in branch), len(branch)))
    for inner in best:
        yield from _told(inner, path, suggestions, name)


def _is_root_type(error: Error) -> bool:
    return error.validator == "type" and not error.relative_path


def _is_told_apart(error: Error) -> bool:
    """Whether a constant says that the author did not mean this branch."""
    return error.validator in ("const", "enum") and len(error.relative_path) == 1


def _missing(error: Error, path: Path, subject: str, suggestions: Suggestions) -> Iterator[Sentence]:
    """Tell about each missing key once: the library gives one error for each of them."""
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    closed = isinstance(error.schema, dict) and error.schema.get("additionalProperties") is False
    extras = [key for key in error.instance if key not in known] if closed else []
    key = error.message.split("'")[1] if "'" in error.message else ""
    for wanted in error.validator_value:
        if wanted == key and not any(suggestions.nearest(extra, [wanted]) for extra in extras):
            found = shortened(listed(error.instance)) if error.instance else "nothing"
            yield Sentence(path, f'{subject} lacks the key "{wanted}"; add it', f'"{wanted}"', found)


def _unknown(error: Error, path: Path, subject: str, suggestions: Suggestions) -> Iterator[Sentence]:
    known = list(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
    extras = getattr(error, "params", {}).get("extras") or [key for key in error.instance if key not in known]
    for key in extras:
        near = suggestions.hint(key, known)
        hint = near or (f"; {subject} knows {listed(sorted(known))}" if known else "; remove it")
        expected = f"one of {', '.join(sorted(known))}"
        yield Sentence((*path, key), f'unknown key "{shortened(key)}"{hint}', expected, f'"{key}"')


def _any_wish(error: Error) -> str:
    return f"satisfy {error.validator} {shortened(str(error.validator_value))}"


def _enum(error: Error) -> str:
    return "be one of " + ", ".join(str(value) for value in error.validator_value)


def _type(error: Error) -> str:
    wanted: str | Sequence[str] = error.validator_value
    return f"be {types(wanted)}"


_WISHES: dict[str, Callable[[Error], str]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda error: f"be {shown(error.validator_value)}",
    "minimum": lambda error: f"be at least {error.validator_value}",
    "maximum": lambda error: f"be at most {error.validator_value}",
    "exclusiveMinimum": lambda error: f"be more than {error.validator_value}",
    "exclusiveMaximum": lambda error: f"be less than {error.validator_value}",
    "multipleOf": lambda error: f"be a multiple of {error.validator_value}",
    "minLength": lambda error: f"have at least {error.validator_value} characters",
    "maxLength": lambda error: f"have at most {error.validator_value} characters",
    "minItems": lambda error: f"have at least {error.validator_value} items",
    "maxItems": lambda error: f"have at most {error.validator_value} items",
    "minProperties": lambda error: f"have at least {error.validator_value} keys",
    "maxProperties": lambda error: f"have at most {error.validator_value} keys",
    "uniqueItems": lambda _: "have no item twice",
    "pattern": lambda error: f"match the pattern {error.validator_value}",
    "oneOf": lambda _: "fit exactly one of several shapes",
    "dependentRequired": lambda error: f"have the keys that go together: {quoted(error.validator_value)}",
}
