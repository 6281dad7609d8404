"""Fetches what a document refers to outside of it, checks it, and puts it in: the document that runs is whole.

This happens when a document is published or linted, never in the engine: what a version runs is settled by then.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.errors import InvalidDefinition, Problem
from language.catalog import Catalog
from language.check import check
from language.data_schemas import schema_faults
from language.document import Document, read
from language.expressions import CheckExpressions
from language.externals import External, Fetch, Fetched, externals
from language.places import Limits, Path, Place, pointer
from language.texts import is_expression

#: What one document may take from outside.
RESOURCES_MAX = 50
RESOURCES_BYTES = 512 * 1024
#: How deep functions from outside may call others from outside.
DEPTH_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A text from outside as it was when it was fetched."""

    uri: str
    #: SHA-256 of the text, in hexadecimal digits.
    digest: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What a document is checked with."""

    catalog: Catalog
    check_expressions: CheckExpressions
    #: None: nothing is fetched, and what is outside goes unchecked.
    fetch: Fetch | None = None


@dataclass(slots=True)
class Whole:
    """A document with what was outside of it, and what is wrong with that."""

    document: Document
    judge: Judge
    data: dict[str, Any] = field(init=False)
    resources: dict[str, Resource] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    #: Where the document first asks for each function that came in.
    origins: dict[str, Path] = field(default_factory=dict)
    _passed_over: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.data = copy.deepcopy(self.document.data)

    def complete(self) -> None:
        """Fetch and put in, until nothing is missing."""
        for _ in range(DEPTH_MAX):
            missing = [each for each in externals(self.data) if each.path not in self._passed_over]
            if not missing:
                return
            self._take(missing)
        left = [each for each in externals(self.data) if each.path not in self._passed_over]
        if left:
            self._refuse(left, f"functions from outside call each other more than {DEPTH_MAX} levels deep")

    def _take(self, missing: list[External]) -> None:
        """Fetch these, each text once, and put them in."""
        assert self.judge.fetch is not None  # noqa: S101  # asked for with a way to fetch alone
        groups: dict[tuple[str, ...], list[External]] = {}
        for external in missing:
            if external.wanted is None:
                self._refuse([external], external.fault)
            else:
                groups.setdefault((external.call, *external.wanted.key), []).append(external)
        if len(self.resources) + len(groups) > RESOURCES_MAX:
            self._refuse(missing, f"a document may refer to at most {RESOURCES_MAX} texts outside of it")
            return
        answers = self.judge.fetch([group[0].wanted for group in groups.values() if group[0].wanted])
        for group, answer in zip(groups.values(), answers, strict=True):
            self._settle(group, answer)

    def _settle(self, group: list[External], answer: Fetched | str) -> None:
        """Put what was fetched where it is asked for, or tell at the first of these places what is wrong with it."""
        if isinstance(answer, str):
            self._refuse(group, answer)
        elif not self._has_room(answer):
            self._refuse(group, f"what a document takes from outside may have at most {RESOURCES_BYTES} bytes in all")
        elif problems := list(self._faults(group[0], answer)):
            for problem in problems:
                self._note(group[0], f"{answer.uri}:{problem.line}:{problem.column}: {problem.message}", problem)
            self._passed_over.update(each.path for each in group)
        else:
            for external in group:
                self._embed(external, answer)

    def _has_room(self, fetched: Fetched) -> bool:
        others = (each.text for each in self.resources.values() if each.uri != fetched.uri)
        return sum(len(text.encode()) for text in (*others, fetched.text)) <= RESOURCES_BYTES

    def _embed(self, external: External, fetched: Fetched) -> None:
        digest = hashlib.sha256(fetched.text.encode()).hexdigest()
        self.resources[fetched.uri] = Resource(uri=fetched.uri, digest=digest, text=fetched.text)
        data = read(fetched.text).data
        if external.call:
            use = self.data.setdefault("use", {})
            use.setdefault("functions", {})[external.call] = data
            self.origins.setdefault(external.call, self._place_of(external.path))
            return
        schema: Any = self.data
        for key in external.path[:-2]:
            schema = schema[key]
        schema["document"] = data

    def _faults(self, external: External, fetched: Fetched) -> Iterator[Problem]:
        try:
            document = read(fetched.text, Limits(text_bytes=RESOURCES_BYTES))
        except InvalidDefinition as error:
            yield from error.problems
            return
        if external.call:
            yield from _function_faults(external.call, document, self)
            return
        yield from document.problems
        for path, message in schema_faults(document.data):
            place = document.place(pointer(path))
            yield Problem(pointer="", message=message, line=place.line, column=place.column)

    def _refuse(self, group: list[External], reason: str) -> None:
        self._passed_over.update(each.path for each in group)
        first = group[0]
        name = f'the function "{first.call}"' if first.call else "the schema"
        self._note(first, f"{name} {reason}" if reason == first.fault else f"{name}: {reason}")

    def _note(self, external: External, message: str, cause: Problem | None = None) -> None:
        where = pointer(self._place_of(external.path))
        place = self.document.place(where)
        problem = Problem(
            pointer=where,
            message=message,
            line=place.line,
            column=place.column,
            expected=cause.expected if cause else "a text that can be fetched",
            found=cause.found if cause else "",
        )
        self.problems.append(problem)

    def _place_of(self, path: Path) -> Path:
        """Give where the author's own text asks for what is at `path`, which may be in a function from outside."""
        is_inside = path[:2] == ("use", "functions") and len(path) > 2
        return self.origins.get(str(path[2]), path) if is_inside else path


def _function_faults(call: str, function: Document, whole: Whole) -> Iterator[Problem]:
    """Check a function from outside by itself: of the document around it, it knows the catalogs alone."""
    start = pointer(("use", "functions", call))
    given = whole.document.data
    data = {
        "document": given.get("document"),
        **({"evaluate": given["evaluate"]} if "evaluate" in given else {}),
        "use": {**_catalogs(given), "functions": {call: function.data}},
        "do": [{"nothing": {"set": {"nothing": True}}}],
    }
    positions: dict[str, Place] = {start + where: place for where, place in function.positions.items()}
    alone = Document(data=data, positions=positions, text=function.text, problems=function.problems)
    found = check(alone, whole.judge.catalog, whole.judge.check_expressions)
    yield from (problem for problem in found if problem.pointer.startswith(start) or problem in function.problems)
    for path in _secret_readers(function.data):
        place = function.place(pointer(path))
        message = "a function from outside reads no secrets, and this one asks for them"
        yield Problem(pointer="", message=message, line=place.line, column=place.column)


def _catalogs(data: dict[str, Any]) -> dict[str, Any]:
    use = data.get("use")
    return {"catalogs": use["catalogs"]} if isinstance(use, dict) and "catalogs" in use else {}


def _secret_readers(part: Any, path: Path = ()) -> Iterator[Path]:
    """Give where expressions read secrets in another way than by a name, which the check itself refuses."""
    if isinstance(part, str) and is_expression(part) and "$secrets" in part and "$secrets." not in part:
        yield path
    elif isinstance(part, dict | list):
        for key, inside in part.items() if isinstance(part, dict) else enumerate(part):
            yield from _secret_readers(inside, (*path, key))
