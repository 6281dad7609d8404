"""Texts outside of documents, as if they were fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from language.externals import Fetched, Wanted


@dataclass(slots=True)
class Outside:
    """Texts by address, and what was asked for."""

    texts: dict[str, str] = field(default_factory=dict)
    asked: list[Wanted] = field(default_factory=list)

    def fetch(self, wanted: Sequence[Wanted], /) -> list[Fetched | str]:
        self.asked += wanted
        return [self.find(each) for each in wanted]

    def find(self, wanted: Wanted) -> Fetched | str:
        uri = next((uri for uri in wanted.uris if uri in self.texts), None)
        return f"GET {wanted.uris[0]}: found status 404" if uri is None else Fetched(uri=uri, text=self.texts[uri])
