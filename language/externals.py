"""What a document refers to that lies outside of it: functions by address or from catalogs, and schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from language.calls import CATALOGUED, URI
from language.places import Path
from language.references import defined
from language.repositories import raw_addresses
from language.schema.calls import ARGUMENTS
from language.texts import is_expression
from language.tree import task_lists

_DATA_FLOW = ("input", "output", "export")
_VARIABLE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A text to fetch: the addresses it may have, the first that exists counts, and how to log in there."""

    uris: tuple[str, ...]
    #: As the language has it, with names of `use.authentications` replaced; `None` for a public one.
    authentication: Any = None

    @property
    def key(self) -> tuple[str, ...]:
        """Tells two texts apart."""
        return (*self.uris, json.dumps(self.authentication, sort_keys=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A text that was fetched, and from where."""

    uri: str
    text: str


#: Fetches texts, all at once: what was found, or a sentence why nothing was, in the same order.
Fetch = Callable[[Sequence[Wanted]], Sequence[Fetched | str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """A reference to the outside, at `path`. What cannot be fetched has a `fault` instead of `wanted`."""

    path: Path
    #: What a function is called by, empty for a schema.
    call: str = ""
    wanted: Wanted | None = None
    fault: str = ""


def externals(data: dict[str, Any]) -> Iterator[External]:
    """Give every reference to the outside for which nothing is in the document."""
    functions, catalogs = set(defined(data, "functions")), set(defined(data, "catalogs"))
    yield from _schemas(data, data, ())
    for tasks in task_lists(data):
        for named in tasks.tasks:
            yield from _schemas(data, named.task, named.path)
            call = named.task.get("call")
            if isinstance(call, str) and call not in functions and call not in ARGUMENTS:
                yield from _function(data, call, (*named.path, "call"), catalogs)


def _function(data: dict[str, Any], call: str, path: Path, catalogs: set[str]) -> Iterator[External]:
    if URI.fullmatch(call):
        yield External(path=path, call=call, wanted=Wanted(uris=raw_addresses(call)))
    elif (match := CATALOGUED.fullmatch(call)) and match["catalog"] in catalogs:
        catalog = _part(data, "catalogs").get(match["catalog"])
        endpoint = catalog.get("endpoint") if isinstance(catalog, dict) else None
        file = f"/functions/{match['name']}/{match['version']}/function.yaml"
        yield _external(data, path, endpoint, call, file)


def _schemas(data: dict[str, Any], task: dict[str, Any], path: Path) -> Iterator[External]:
    for section in _DATA_FLOW:
        part = task.get(section)
        schema = part.get("schema") if isinstance(part, dict) else None
        resource = schema.get("resource") if isinstance(schema, dict) and "document" not in schema else None
        if isinstance(resource, dict):
            yield _external(data, (*path, section, "schema", "resource", "endpoint"), resource.get("endpoint"))


def _external(data: dict[str, Any], path: Path, endpoint: Any, call: str = "", file: str = "") -> External:
    """Give the reference to an endpoint, or to a file below it."""
    uri = endpoint.get("uri") if isinstance(endpoint, dict) else endpoint
    if not isinstance(uri, str) or is_expression(uri) or _VARIABLE.search(uri):
        fault = (
            "is fetched when the workflow is published, before there is a run: write its address out, without"
            " ${ } and { }"
        )
        return External(path=path, call=call, fault=fault)
    given = endpoint.get("authentication") if isinstance(endpoint, dict) else None
    wanted = Wanted(uris=raw_addresses(uri.rstrip("/") + file if file else uri), authentication=_policy(data, given))
    return External(path=path, call=call, wanted=wanted)


def _policy(data: dict[str, Any], given: Any) -> Any:
    """Give the authentication that is meant, `use: NAME` looked up."""
    if isinstance(given, dict) and isinstance(given.get("use"), str):
        return _part(data, "authentications").get(given["use"])
    return given


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    use = data.get("use")
    part = use.get(name) if isinstance(use, dict) else None
    return part if isinstance(part, dict) else {}
