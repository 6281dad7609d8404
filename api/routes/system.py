"""What this installation knows and how it is."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.auth import Permission
from api.endpoints import PUBLIC, Endpoint
from api.problems import Problem
from api.services import Services, services
from api.views import json_response
from infra.errors import Unreachable
from language.schema.editor import language_schema
from schemas.topics import TOPICS, task_topic


async def list_node_types(request: Request) -> Response:
    """List the node types a workflow may call, with the JSON Schemas of what they take and give."""
    found = services(request).node_types
    broken = [{"origin": each.origin, "reason": each.reason} for each in found.broken]
    return json_response({"items": [found.types[name].describe() for name in sorted(found.names())], "broken": broken})


async def get_language_schema(request: Request) -> Response:
    """Read the JSON Schema of the workflow language, with the arguments of every node type, for editors."""
    return json_response(language_schema(services(request).node_types))


async def list_topics(request: Request) -> Response:
    """List the topics of the log: key, schemas, who writes, how long records are kept."""
    here = services(request)
    topics = [*TOPICS, *map(task_topic, sorted(here.node_types.types))]
    items = [
        {
            "name": topic.full_name(here.topic_prefix),
            "key": topic.key,
            "schemas": list(topic.schemas),
            "written_by": topic.written_by,
            "retention_ms": topic.retention_ms,
            "cleanup": topic.cleanup,
        }
        for topic in topics
    ]
    return json_response({"items": items})


async def get_status(request: Request) -> Response:
    """Read how the parts are: Kafka, Postgres, how far each is, and how many runs there are by status."""
    here = services(request)
    positions = here.health.positions()
    known: dict[str, Any] = {
        "kafka": {"reachable": not here.outbox.is_down},
        "log": {"not_ready": here.health.why_not_ready(), "next_offsets": _keyed(positions)},
        "streams": here.metrics.streams,
    }
    try:
        reached = await here.store.reached()
        lag = {partition: offset - 1 - reached.get(partition, -1) for partition, offset in positions.items()}
        known["postgres"] = {"reachable": True, "commits_behind": _keyed(lag)}
        known["runs"] = dict(await here.store.counts())
    except Unreachable as error:
        known["postgres"] = {"reachable": False, "reason": str(error)}
    return json_response(known)


async def get_metrics(request: Request) -> Response:
    """Read the counters of this process in the format of Prometheus."""
    return Response(services(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def get_openapi(request: Request) -> Response:
    """Read the OpenAPI description of this API."""
    return json_response(request.app.openapi())


async def health_live(request: Request) -> Response:
    """Answer 200 as long as the process does its work."""
    if not services(request).health.is_alive():
        raise Problem(status=503, kind="not-live", detail="the log is not followed any more: restart this process")
    return json_response({"status": "live"})


async def health_ready(request: Request) -> Response:
    """Answer 200 when requests can be served, 503 with the reasons when not."""
    reasons = _reasons(services(request))
    if reasons:
        raise Problem(status=503, kind="not-ready", detail="; ".join(reasons), headers={"Retry-After": "1"})
    return json_response({"status": "ready"})


def _reasons(here: Services) -> list[str]:
    log = here.health.why_not_ready()
    return [*([log] if log else []), *(["Kafka cannot be reached"] if here.outbox.is_down else [])]


def _keyed(numbers: dict[int, int]) -> dict[str, int]:
    return {str(partition): number for partition, number in sorted(numbers.items())}


def _read(path: str, handler: Any, access: Permission, *, hidden: bool = False) -> Endpoint:
    return Endpoint(method="GET", path=path, handler=handler, access=access, tag="system", hidden=hidden)


ENDPOINTS = (
    _read("/api/v1/node-types", list_node_types, Permission.SEE_DEFINITIONS),
    _read("/api/v1/schema", get_language_schema, Permission.SEE_DEFINITIONS),
    _read("/api/v1/topics", list_topics, Permission.SEE_SYSTEM),
    _read("/api/v1/status", get_status, Permission.SEE_SYSTEM),
    _read("/api/v1/openapi.json", get_openapi, Permission.SEE_SYSTEM, hidden=True),
    _read("/metrics", get_metrics, Permission.SEE_SYSTEM),
    Endpoint(method="GET", path="/health/live", handler=health_live, access=PUBLIC, tag="health"),
    Endpoint(method="GET", path="/health/ready", handler=health_ready, access=PUBLIC, tag="health"),
)
