"""The conversation as Gemini wants it: contents of two roles, a system instruction, declarations of functions."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from nodes.errors import fault
from nodes.model.arguments import Extras, Image, Message, ModelArguments, Text, ToolCall
from nodes.model.images import bytes_of

if TYPE_CHECKING:
    from google.genai import types

NAME: Final = "gemini"
#: What Gemini wants back with the part that it gave it with.
SIGNATURE: Final = "thoughtSignature"


def contents_of(messages: Iterable[Message]) -> list[Any]:
    """Give the messages but those of the system. Answers of several tools in a row are one content."""
    from google.genai import types

    found: list[types.Content] = []
    was_tool = False
    for message in messages:
        if message.role == "system":
            continue
        parts = _answer_of_tool(message) if message.role == "tool" else _parts(message)
        if message.role == "tool" and was_tool:
            found[-1].parts = [*(found[-1].parts or []), *parts]
        elif parts:
            found.append(types.Content(role="model" if message.role == "assistant" else "user", parts=parts))
        was_tool = message.role == "tool"
    return found


def settings_of(with_: ModelArguments) -> types.GenerateContentConfig:
    """Give the rest of the request. Raises pydantic's `ValidationError` for options that Gemini does not have."""
    from google.genai import types

    system = "\n\n".join(message.text for message in with_.messages if message.role == "system")
    declared = [
        types.FunctionDeclaration(name=tool.name, description=tool.description, parameters_json_schema=tool.parameters)
        for tool in with_.tools
    ]
    members: dict[str, Any] = {
        "system_instruction": system or None,
        "temperature": with_.temperature,
        "max_output_tokens": with_.max_output_tokens,
        "tools": [types.Tool(function_declarations=declared)] if declared else None,
        "automatic_function_calling": types.AutomaticFunctionCallingConfig(disable=True),
    }
    if with_.output is not None:
        members |= {"response_mime_type": "application/json", "response_json_schema": with_.output.schema_}
    given = types.GenerateContentConfig.model_validate(with_.options)
    if given.http_options is not None:
        # It could send the key to another address.
        raise fault("configuration", "expected `options` of Gemini's request, found `httpOptions`; use `endpoint`")
    chosen = {name: getattr(given, name) for name in given.model_fields_set}
    return types.GenerateContentConfig(**(members | chosen))


def _parts(message: Message) -> list[types.Part]:
    return [*map(_part, message.content), *map(_call, message.tool_calls)]


def _part(part: Text | Image) -> types.Part:
    from google.genai import types

    match part:
        case Text():
            return types.Part(text=part.text, thought_signature=_signature(part))
        case Image():
            return types.Part(inline_data=types.Blob(mime_type=part.media_type, data=bytes_of(part)))


def _call(call: ToolCall) -> types.Part:
    from google.genai import types

    function = types.FunctionCall(id=call.id, name=call.name, args=call.arguments)
    return types.Part(function_call=function, thought_signature=_signature(call))


def _answer_of_tool(message: Message) -> list[types.Part]:
    from google.genai import types

    member = "error" if message.is_error else "output"
    response = types.FunctionResponse(
        id=message.tool_call_id, name=message.name or message.tool_call_id, response={member: _value(message.text)}
    )
    images = [_part(part) for part in message.content if isinstance(part, Image)]
    return [types.Part(function_response=response), *images]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _signature(part: Extras) -> bytes | None:
    text = part.own(NAME).get(SIGNATURE)
    return base64.b64decode(text) if isinstance(text, str) else None
