"""Request bodies: read up to a limit, parsed up to a depth, checked against a model."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from api.problems import Problem, bad_request, too_large, unprocessable

#: Levels of nesting in a JSON body.
MAX_DEPTH = 100

Model = TypeVar("Model", bound=BaseModel)


async def text_body(request: Request, limit_bytes: int, media_types: tuple[str, ...]) -> str:
    """Give the body as text. Raises problems for its type, size and encoding."""
    _check_type(request, media_types)
    try:
        return (await _read(request, limit_bytes)).decode()
    except UnicodeDecodeError as error:
        raise bad_request(f"the body is not UTF-8: byte {error.start} cannot be read") from None


async def bytes_body(request: Request, limit_bytes: int) -> bytes:
    """Give the body as it came. Raises a problem for its size."""
    return await _read(request, limit_bytes)


async def no_body(request: Request) -> None:
    """Read the body of an order that has nothing to say: nothing, or what a client sends for it."""
    await _read(request, 1024)


async def json_body(request: Request, limit_bytes: int) -> Any:
    """Give the body as JSON. Numbers keep every digit."""
    text = await text_body(request, limit_bytes, ("application/json",))
    return parse_json(text)


async def model_body(request: Request, limit_bytes: int, model: type[Model]) -> Model:
    """Give the body as `model`."""
    return as_model(await json_body(request, limit_bytes), model)


def as_model(data: Any, model: type[Model]) -> Model:
    """Give `data` as `model`; every violation at once in a 422."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [
            {"pointer": "".join(f"/{part}" for part in found["loc"]), "message": found["msg"]}
            for found in error.errors()
        ]
        raise unprocessable(
            "invalid-request", "the body is not as expected; see `problems`", problems=problems
        ) from None


def parse_json(text: str) -> Any:
    """Give the data of JSON text that somebody sent. Raises 400 problems for text that is none or nested too deep."""
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise bad_request(f"the body is no JSON: {error.msg}, line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise bad_request(f"the body is no JSON: {error}") from None
    check_depth(data)
    return data


def json_text(data: Any) -> str:
    """Give JSON data as compact text; 400 for text that is no Unicode, and for numbers beyond a double."""
    try:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise bad_request("the body holds a number that is larger than 1.8e308") from None
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad_request("the body holds half of a surrogate pair: no text can be made of it") from None
    return text


async def _read(request: Request, limit_bytes: int) -> bytes:
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit() or int(declared[:20]) > limit_bytes:
        raise too_large(limit_bytes, "the body")
    chunks: list[bytes] = []
    size_bytes = 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise too_large(limit_bytes, "the body")
        chunks.append(chunk)
    return b"".join(chunks)


def _check_type(request: Request, media_types: tuple[str, ...]) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in media_types:
        detail = f"expected a Content-Type of {' or '.join(media_types)}, found {given[:100] or 'none'}"
        raise Problem(status=415, kind="wrong-type", detail=detail, headers={"Accept": ", ".join(media_types)})


def check_depth(data: Any) -> None:
    """Raise a 400 problem for data that is nested too deep."""
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return
    raise _too_deep()


def _parts(whole: Any) -> list[Any]:
    parts = whole.values() if isinstance(whole, dict) else whole
    return [part for part in parts if isinstance(part, dict | list)] if isinstance(whole, dict | list) else []


def _too_deep() -> Problem:
    return bad_request(f"the body is nested deeper than {MAX_DEPTH} levels: make it flatter")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number that JSON knows")
