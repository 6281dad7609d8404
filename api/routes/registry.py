"""The read endpoints of the Confluent schema registry, so that its clients can read our topics.

A subject is the full name of a topic with one schema and `-value` (TopicNameStrategy), or the full name of a record
(RecordNameStrategy).
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.endpoints import Endpoint
from api.problems import Problem
from api.services import services
from api.views import json_response
from schemas.registry import ids, names, schema_text
from schemas.topics import TOPICS

NO_SUBJECT, NO_VERSION, NO_SCHEMA = 40401, 40402, 40403


async def get_schema(schema_id: str) -> Response:
    """Read the schema with an id of the wire format."""
    return json_response({"schemaType": "AVRO", "schema": _text(schema_id)})


async def get_plain_schema(schema_id: str) -> Response:
    """Read the schema with an id of the wire format, as it is."""
    return Response(_text(schema_id), media_type="application/json")


async def list_schema_types() -> Response:
    """List the kinds of schemas there are."""
    return json_response(["AVRO"])


async def list_subjects(request: Request) -> Response:
    """List all subjects."""
    return json_response(sorted(_subjects(services(request).topic_prefix)))


async def list_subject_versions(request: Request, subject: str) -> Response:
    """List the versions of a subject's schema."""
    return json_response(list(range(1, len(_ids(request, subject)) + 1)))


async def get_subject_version(request: Request, subject: str, version: str) -> Response:
    """Read one version of a subject's schema; `latest` is the newest."""
    found = _ids(request, subject)
    number = len(found) if version in ("latest", "-1") else _number(version)
    if not 1 <= number <= len(found):
        raise _missing(NO_VERSION, f"expected a version from 1 to {len(found)} or latest, found {version[:20]}")
    schema_id = found[number - 1]
    return json_response(
        {
            "subject": subject,
            "version": number,
            "id": schema_id,
            "schemaType": "AVRO",
            "schema": schema_text(schema_id),
        }
    )


def _text(schema_id: str) -> str:
    try:
        return schema_text(_number(schema_id))
    except KeyError:
        raise _missing(NO_SCHEMA, f"there is no schema with the id {schema_id[:20]}") from None


def _ids(request: Request, subject: str) -> list[int]:
    name = _subjects(services(request).topic_prefix).get(subject)
    if name is None:
        raise _missing(NO_SUBJECT, f"there is no subject {subject[:200]}")
    return ids()[name]


def _subjects(prefix: str) -> dict[str, str]:
    """Give the schema of each subject."""
    by_topic = {f"{topic.full_name(prefix)}-value": topic.schemas[0] for topic in TOPICS if len(topic.schemas) == 1}
    return {**{f"agentos.{name}": name for name in names()}, **by_topic}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _missing(code: int, message: str) -> Problem:
    return Problem(status=404, kind="not-found", detail=message, extra={"error_code": code, "message": message})


def _read(path: str, handler: Any) -> Endpoint:
    return Endpoint(method="GET", path=path, handler=handler, access=Permission.SEE_DEFINITIONS, tag="schema registry")


ENDPOINTS = (
    _read("/schemas/ids/{schema_id}", get_schema),
    _read("/schemas/ids/{schema_id}/schema", get_plain_schema),
    _read("/schemas/types", list_schema_types),
    _read("/subjects", list_subjects),
    _read("/subjects/{subject}/versions", list_subject_versions),
    _read("/subjects/{subject}/versions/{version}", get_subject_version),
)
