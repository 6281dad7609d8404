"""Collects the problems of one check, up to a limit, and puts them in the order of the text."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.errors import Problem
from language.document import Document
from language.inside import place_inside
from language.places import Path, pointer
from language.words import Suggestions

#: More problems than this in one document are counted, not listed.
MAX_PROBLEMS = 200


@dataclass(slots=True)
class Findings:
    """The problems found so far in one document."""

    document: Document
    suggestions: Suggestions = field(default_factory=Suggestions)
    _found: dict[tuple[str, str], Problem] = field(default_factory=dict)
    _more: int = 0

    def at_value(self, path: Path, message: str, *, expected: str = "", found: str = "") -> None:
        """Note a problem with a value."""
        place = self.document.place(pointer(path))
        self._note(path, (place.line, place.column), message, (expected, found))

    def at_key(self, path: Path, message: str, *, expected: str = "", found: str = "") -> None:
        """Note a problem with a key, or with a value whose key says best where it is."""
        place = self.document.place(pointer(path))
        self._note(path, (place.key_line, place.key_column), message, (expected, found))

    def inside_value(self, path: Path, offset: int, message: str, *, expected: str = "", found: str = "") -> None:
        """Note a problem with one character of a text, where that stands in the document."""
        place, value = self.document.place(pointer(path)), self.document.at(path)
        at = (place.line, place.column)
        if isinstance(value, str):
            at = place_inside(self.document.text, place, value, offset)
        self._note(path, at, message, (expected, found))

    @property
    def found_any(self) -> bool:
        """Whether there is a problem so far, in the text itself or in what it says."""
        return bool(self._found or self.document.problems)

    def _note(self, path: Path, at: tuple[int, int], message: str, wanted: tuple[str, str]) -> None:
        if len(self._found) >= MAX_PROBLEMS:
            self._more += 1
            return
        where, (line, column), (expected, found) = pointer(path), at, wanted
        problem = Problem(pointer=where, message=message, line=line, column=column, expected=expected, found=found)
        self._found.setdefault((where, message), problem)

    def ordered(self) -> list[Problem]:
        """Give every problem, in the order of the text, and how many more there are."""
        found = [*self.document.problems[:MAX_PROBLEMS], *self._found.values()]
        found.sort(key=lambda problem: (problem.line, problem.column, problem.pointer))
        more = self._more + max(0, len(self.document.problems) - MAX_PROBLEMS)
        if more:
            last = found[-1]
            message = f"{more} more problems are not listed; correct these first"
            found.append(Problem(pointer="", message=message, line=last.line, column=last.column))
        return found
