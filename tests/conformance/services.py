"""The services that the standard's documents call, as far as they need them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from tests.conformance.hosts import Asked, Hosts

PETSTORE = "https://petstore.swagger.io/v2"
PETS = {
    1: {"id": 1, "name": "Milou", "status": "available"},
    2: {"id": 2, "name": "Idefix", "status": "sold"},
    69: {"id": 69, "name": "Pongo", "status": "available"},
}
_STATUS = {"name": "status", "in": "query", "required": True, "type": "array", "items": {"type": "string"}}
_PET_ID = {"name": "petId", "in": "path", "required": True, "type": "integer"}
SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "host": "petstore.swagger.io",
    "basePath": "/v2",
    "schemes": ["https", "http"],
    "paths": {
        "/pet/findByStatus": {"get": {"operationId": "findPetsByStatus", "parameters": [_STATUS]}},
        "/pet/{petId}": {"get": {"operationId": "getPetById", "parameters": [_PET_ID]}},
    },
}
#: What opens the door to a pet when one is asked for: none, or a token that an authority gave out.
TOKEN = "token-of-the-realm"


def open_petstore(hosts: Hosts) -> None:
    """Let the pet store answer."""
    hosts.handlers[f"{PETSTORE}/swagger.json"] = lambda _: (200, SWAGGER)
    hosts.handlers[f"{PETSTORE}/pet/findByStatus"] = _pets
    hosts.handlers[f"{PETSTORE}/pet/"] = _pet


def _pets(asked: Asked) -> tuple[int, Any]:
    return 200, [pet for pet in PETS.values() if pet["status"] == asked.query["status"]]


def _pet(asked: Asked) -> tuple[int, Any]:
    number = asked.path.rpartition("/")[2]
    if asked.method == "PUT":
        return 200, asked.body
    pet = PETS.get(int(number)) if number.isdigit() else None
    if pet is None:
        return 404, {"message": "Pet not found"}
    return 200, pet


def open_httpbin(hosts: Hosts) -> None:
    """Let the service answer that asks for the user in its path."""
    hosts.handlers["https://httpbin.org/basic-auth/"] = _basic


def _basic(asked: Asked) -> tuple[int, Any]:
    wanted = tuple(asked.path.split("/")[2:])
    return (200, {"authenticated": True, "user": wanted[0]}) if asked.user == wanted else (401, None)


def open_star_wars(hosts: Hosts) -> None:
    """Let the service of characters and planets answer, the search at an address it redirects to."""
    start = "https://swapi.dev/api"
    luke = {"name": "Luke Skywalker", "homeworld": f"{start}/planets/1/"}

    def people(asked: Asked) -> tuple[int, Any]:
        if asked.path.endswith("/people/"):
            return 200, {"count": 1, "results": [luke], "asked": asked.query, "accept": asked.headers["accept"]}
        return 200, luke

    hosts.handlers[f"{start}/people/"] = people
    hosts.handlers[f"{start}/planets/1/"] = lambda _: (200, {"name": "Tatooine"})


def open_realm(hosts: Hosts) -> None:
    """Let an authority give out tokens, in the ways of OAuth2 and of OpenID Connect."""
    start = "http://keycloak/realms/fake-authority"
    hosts.handlers[f"{start}/.well-known/openid-configuration"] = lambda _: (200, {"token_endpoint": f"{start}/oidc"})
    for path in ("/oidc", "/auth/token", "/oauth2/token"):
        hosts.handlers[start + path] = _token


def _token(asked: Asked) -> tuple[int, Any]:
    form = parse_qs(asked.body)
    known = form.get("client_id") == ["workflow-runtime-id"] and form.get("client_secret") == [
        "workflow-runtime-secret"
    ]
    return (200, {"access_token": TOKEN, "expires_in": 60}) if known else (401, {"error": "invalid_client"})


def open_door(hosts: Hosts, address: str) -> None:
    """Let an address answer with how it was asked."""

    def echo(asked: Asked) -> tuple[int, Any]:
        return 200, {"method": asked.method, "path": asked.path, "body": asked.body}

    hosts.handlers[address] = echo
