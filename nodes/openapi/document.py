"""OpenAPI documents: fetched through the guarded client, and kept for a while."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nodes.base import TaskContext
from nodes.errors import fault
from nodes.http.arguments import HttpArguments
from nodes.http.authentication import auth_for
from nodes.http.exchange import exchange
from nodes.http.node import limits_of, request_of
from nodes.http.outcome import error_of
from nodes.http.tokens import Tokens
from nodes.provisions import ReadYaml

KEPT_S = 300.0
KEPT = 50
REFERENCES_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDocument:
    """An OpenAPI document and where it is from: addresses in it may be relative to that."""

    uri: str
    data: Mapping[str, Any]

    def follow(self, part: Any) -> dict[str, Any]:
        """Give `part`, or what it refers to in this document."""
        for _ in range(REFERENCES_MAX):
            if not isinstance(part, dict):
                raise self.wrong(f"an object, found {type(part).__name__}")
            reference = part.get("$ref")
            if reference is None:
                return part
            part = self._at(str(reference))
        raise self.wrong(f"at most {REFERENCES_MAX} references in a row, found more")

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise self.wrong(f"references inside the document, found {reference!r}")
        found: Any = self.data
        for step in reference[2:].split("/"):
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        if found is None:
            raise self.wrong(f"{reference}, found nothing there")
        return found

    def wrong(self, expected: str) -> Exception:
        """Give the error for a document that lacks something."""
        return fault("configuration", f"{self.uri}: expected {expected}")


class Documents:
    """Documents by address. Those that ask for credentials are fetched each time."""

    def __init__(self, read_yaml: ReadYaml | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._read_yaml = read_yaml
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, ApiDocument]] = OrderedDict()

    async def get(self, call: HttpArguments, tokens: Tokens, ctx: TaskContext) -> ApiDocument:
        """Give the document that `call` fetches. Raises `NodeError`."""
        is_public = call.authentication is None
        until, kept = self._kept.get(call.uri, (0.0, None))
        if is_public and kept is not None and self._clock() < until:
            return kept
        auth = auth_for(call.authentication, tokens, ctx)
        found = await exchange(request_of(call, ctx), ctx, auth, limits_of(call, ctx))
        if not found.response.is_success:
            raise error_of(found)
        document = ApiDocument(uri=str(found.request.url), data=self._read(call.uri, found.body))
        if is_public:
            self._keep(call.uri, document)
        return document

    def _keep(self, uri: str, document: ApiDocument) -> None:
        self._kept[uri] = (self._clock() + KEPT_S, document)
        self._kept.move_to_end(uri)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _read(self, uri: str, body: bytes) -> Mapping[str, Any]:
        text = body.decode("utf-8-sig", "replace")
        try:
            data = json.loads(text) if text.lstrip().startswith("{") else self._from_yaml(text)
        except (ValueError, RecursionError) as error:
            raise fault("configuration", f"{uri}: expected an OpenAPI document, found: {error}") from None
        if not isinstance(data, dict) or not isinstance(data.get("paths"), dict):
            raise fault("configuration", f"{uri}: expected an OpenAPI document with `paths`, found none")
        return data

    def _from_yaml(self, text: str) -> Any:
        if self._read_yaml is None:
            raise ValueError("no JSON, and this worker reads no YAML")
        return self._read_yaml(text)
