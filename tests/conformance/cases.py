"""How each example of the standard is run here: its input, events and neighbours, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from testkit import Play
from tests.conformance.hosts import Hosts
from tests.conformance.services import PETS, TOKEN

COMMUNICATION = "https://serverlessworkflow.io/spec/1.0.0/errors/communication"
EXPRESSION = "https://serverlessworkflow.io/spec/1.0.0/errors/expression"

#: Why an example is parsed, checked and compiled, but not run.
NOT_RUN: Mapping[str, str] = {
    **{
        f"call-asyncapi-{name}": "asyncapi"
        for name in (
            "publish",
            "subscribe-consume-amount",
            "subscribe-consume-forever-foreach",
            "subscribe-consume-until",
            "subscribe-consume-while",
        )
    },
    "call-grpc": "grpc",
    **{
        f"run-{name}": "container"
        for name in (
            "container",
            "container-cleanup-always",
            "container-cleanup-eventually",
            "container-stdin-and-arguments",
            "container-with-name",
            "container-with-pull-policy",
            "return-all",
            "return-code",
            "return-none",
            "return-stderr",
        )
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run of an example. `judge` looks at anything more than the output."""

    given: Any = None
    events: Sequence[Mapping[str, Any]] = ()
    workflows: Sequence[str] = ()
    secrets: Mapping[str, Any] = field(default_factory=dict)
    #: Addresses that answer with how they were asked.
    doors: Sequence[str] = ()
    status: str = "completed"
    output: Any = None
    judge: Callable[[Play, Hosts], bool] = lambda play, hosts: True


def _authorised(play: Play, hosts: Hosts) -> bool:
    return hosts.seen[-1].headers["authorization"] == f"Bearer {TOKEN}" and play.output == PETS[1]


def _error(kind: str, told: str = "") -> Callable[[Play, Hosts], bool]:
    return lambda play, hosts: play.error["type"] == kind and told in play.error.get("detail", "")


def _event(kind: str, data: Any = None, **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "data": data, **attributes}


_CLIENT = {
    "authority": "http://keycloak/realms/fake-authority",
    "grant": "client_credentials",
    "client": {"id": "workflow-runtime-id", "secret": "workflow-runtime-secret"},
}
_BEARER = Case(given={"petId": 1, "token": TOKEN}, output=PETS[1], judge=_authorised)
_REALM = Case(given={"petId": 1}, output=PETS[1], judge=_authorised)
_SECRET = Case(given={"petId": 1}, secrets={"mySecret": _CLIENT}, output=PETS[1], judge=_authorised)
_PET = Case(given={"petId": 1}, output=PETS[1])
_SEARCH = Case(
    given={"searchQuery": "luke"},
    judge=lambda play, hosts: play.output["asked"] == {"search": "luke"} and play.output["count"] == 1,
)
_NOT_FOUND = Case(given={"petId": 404}, output={"petId": 404})

_TEMPERATURE = _event("com.fake-hospital.vitals.measurements.temperature", {"temperature": 39})
_COOL = _event("com.fake-hospital.vitals.measurements.temperature", {"temperature": 37})
_PULSE = _event("com.fake-hospital.vitals.measurements.bpm", {"bpm": 130})
_BOTH = Case(events=(_COOL, _TEMPERATURE, _PULSE), output=[_TEMPERATURE["data"], _PULSE["data"]])
_NOT_IMPLEMENTED = "https://serverlessworkflow.io/errors/not-implemented"
_RAISED = Case(
    status="faulted",
    judge=_error(_NOT_IMPLEMENTED, "The workflow 'raise-not-implemented:0.1.0' is a work in progress"),
)
_ROOM = [
    _event(f"my.home.sensors.{kind}", {"roomid": 4}, source="https://my.home.com/sensor")
    for kind in ("temperature", "humidity")
]
_BET = "https://superbet-casinos.com/api/bet/on/football"
_START = _event("io.serverlessworkflow.samples.events.trigger.v1", {"go": True})
_CHILD = """
document: {dsl: '1.0.3', namespace: test, name: register-customer, version: '0.1.0'}
do:
  - registered: {set: '${ {registered: .customer} }'}
"""
_HEART = {
    "patient": {"id": 7, "name": "Anna", "room": {"number": 12}, "vitals": {"bpm": 38}},
    "timestamp": "2026-01-31T09:30:00Z",
}

CASES: Mapping[str, Sequence[Case]] = {
    # Its `output.as` asks the array that `listen` gives for a key.
    "accumulate-room-readings": [Case(events=_ROOM, status="faulted", judge=_error(EXPRESSION, "array"))],
    "authentication-bearer": [_BEARER],
    "authentication-bearer-uri-format": [_BEARER],
    "authentication-oauth2": [_REALM],
    "authentication-oauth2-secret": [_SECRET],
    "authentication-oidc": [_REALM],
    "authentication-oidc-secret": [_SECRET],
    "authentication-reusable": [_BEARER],
    "call-custom-function-inline": [Case(output=PETS[69])],
    "call-http-endpoint-interpolation": [_PET],
    "call-http-endpoint-interpolation-shorthand": [_PET],
    "call-http-query-headers-expressions": [
        _SEARCH,
        Case(given={"searchQuery": "luke"}, judge=lambda play, hosts: play.output["accept"] == "application/json"),
    ],
    "call-http-query-parameters": [_SEARCH],
    "call-http-redirect": [_SEARCH],
    "call-openapi": [Case(output=[PETS[1], PETS[69]])],
    "call-openapi-redirect": [Case(output=[PETS[1], PETS[69]])],
    "conditional-task": [
        Case(
            given={"customer": {"age": 17}},
            status="faulted",
            judge=_error("https://superbet-casinos.com/customer/access-forbidden"),
        ),
        Case(
            given={"customer": {"age": 18}},
            doors=[_BET],
            judge=lambda play, hosts: play.output["body"] == {"customer": ".customer", "bet": ".bet"},
        ),
    ],
    "do-multiple": [Case(given={"petId": 1}, output={**PETS[1], "status": "sold"})],
    "do-single": [_PET],
    "emit": [
        Case(
            judge=lambda play, hosts: (
                play.output == play.emitted[0] and play.output["type"] == "com.petstore.order.placed.v1"
            )
        )
    ],
    "for": [
        Case(given={"pets": [{"id": 1}]}, output={"pets": [{"id": 1}]}),
        # Its `output.as` asks the array that `listen` gives for a key.
        Case(
            given={"pets": [{"id": 1}], "vet": "Anna"},
            events=[_event("com.fake.petclinic.pets.checkup.completed.v2", {})],
            status="faulted",
            judge=_error(EXPRESSION, "array"),
        ),
    ],
    "fork": [
        Case(
            given={"patient": {"fullName": "Anna"}, "room": {"number": 12}},
            doors=["https://fake-hospital.com/api/v3/alert/"],
            judge=lambda play, hosts: play.output["body"] == {"patientId": "Anna", "room": 12},
        )
    ],
    "listen-to-all": [_BOTH],
    "listen-to-all read-envelope": [
        Case(
            events=(_COOL, _TEMPERATURE, _PULSE),
            judge=lambda play, hosts: [each["data"] for each in play.output] == _BOTH.output,
        )
    ],
    "listen-to-any": [Case(events=[_COOL], output=[_COOL["data"]])],
    "listen-to-any-filter": [Case(events=[_COOL, _PULSE], output=[_PULSE["data"]])],
    "listen-to-any-forever-foreach": [
        Case(
            given={"roomId": 7},
            events=[_event("gossip", {"roomId": 7, "told": told}) for told in ("one", "two")],
            doors=["https://fake-chat-api.com/room/7"],
            status="running",
            judge=lambda play, hosts: [each.body["event"]["told"] for each in hosts.seen] == ["one", "two"],
        )
    ],
    "listen-to-any-until-condition": [Case(events=[_COOL] * 5, output=[_COOL["data"]] * 4)],
    "listen-to-any-until-consumed": [
        Case(
            events=[_COOL, _TEMPERATURE, _event("com.fake-hospital.patient.checked-out", {})],
            output=[_TEMPERATURE["data"]],
        )
    ],
    "listen-to-one": [
        Case(
            given={"carId": 7},
            events=[_event("com.virtual-wf-powered-race.events.race.started.v1", {"carId": 7})],
            doors=["https://virtual-wf-powered-race.com/api/v4/cars/"],
            # The input of the call is the array that `listen` gives, in which there is no `carId`.
            judge=lambda play, hosts: play.output["path"] == "/api/v4/cars//start",
        )
    ],
    # Its `when` asks the endpoint, which is an object in it, for what it starts with.
    "mock-service-extension": [
        Case(status="faulted", judge=_error(EXPRESSION, "startswith() requires string inputs")),
    ],
    "raise-inline": [_RAISED],
    "raise-reusable": [_RAISED],
    "run-script-with-stdin-and-arguments": [Case(output="stdin >  Hello Workflow\narg >  hello\nenv >  bar\n")],
    "run-shell-stdin-and-arguments": [Case(output="STDIN was: Hello World\nARGS are Foo Bar\n")],
    "run-subflow": [Case(given={"user": "Anna"}, workflows=[_CHILD], output={"registered": ".user"})],
    "schedule-cron": [
        Case(
            doors=["https://example.com/api/v1/backup/start"],
            judge=lambda play, hosts: hosts.seen[0].method == "POST",
        )
    ],
    "schedule-event-driven": [
        Case(
            events=[_event("com.example.hospital.events.patients.heartbeat.low", _HEART)],
            doors=["https://hospital.example.com/api/v1/notify"],
            judge=lambda play, hosts: hosts.seen[0].body["patientName"] == "Anna",
        )
    ],
    "set": [Case(events=[_START], judge=lambda play, hosts: play.output["startEvent"]["data"] == {"go": True})],
    "set-expression": [Case(events=[_START], judge=lambda play, hosts: play.output["data"] == {"go": True})],
    "star-wars-homeworld": [Case(given={"id": 1}, output={"name": "Tatooine"})],
    "switch-then-string": [
        Case(given={"orderType": "electronic"}, output={"validate": True, "status": "fulfilled"}),
        Case(given={"orderType": "physical"}, output={"inventory": "clear", "items": 1, "address": "Elmer St"}),
        Case(given={"orderType": "other"}, output={"log": "warn", "message": "something's wrong"}),
    ],
    "try-catch": [_PET, _NOT_FOUND],
    "try-catch-then": [
        Case(
            given={"petId": 404},
            judge=lambda play, hosts: play.emitted[0]["data"]["status"] == 404 and len(hosts.seen) == 1,
        )
    ],
    "wait-duration-inline": [Case(judge=lambda play, hosts: _took_ms(play) == 30_000, output={})],
    "wait-duration-iso8601": [Case(judge=lambda play, hosts: _took_ms(play) == 30_000, output={})],
}


def _took_ms(play: Play) -> int:
    return play.state.ended_at_ms - play.state.started_at_ms
