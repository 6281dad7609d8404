"""The loop of an agent: turns, tool calls, and what its model is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import events as e
from testkit import Fails, answer, calls
from tests.unit.engine.agent_documents import LOOK, ask, document, events_of, requests, told

PLACE = {"type": "object", "required": ["place"]}


def test_an_agent_without_tools_asks_its_model_once() -> None:
    played = ask({"ask": answer("hello")}, instructions="Be brief.", prompt="Hi")
    assert played.output["text"] == "hello"
    assert played.output["turns"] == 1
    assert played.output["usage"] == {"inputTokens": 10, "outputTokens": 5, "cachedTokens": 0}
    assert played.output["cost"] == {"amount": "0.001", "currency": "EUR"}
    roles = [message["role"] for message in played.output["messages"]]
    assert roles == ["system", "user", "assistant"]


def test_a_tool_call_is_a_task_and_the_model_is_told_its_result() -> None:
    played = ask({"ask": (calls(("look", {"at": 1})), answer("ok")), "look": {"seen": 2}}, tools=[LOOK])
    assert played.output["text"] == "ok"
    assert told(played, 2) == ['{"seen":2}']
    call = events_of(played, e.ToolCalled)[0]
    assert (call.name, call.call_id, json.loads(call.arguments)) == ("look", "call-1", {"at": 1})


def test_several_tool_calls_of_one_turn_are_under_way_at_once() -> None:
    wanted = calls(*[("look", {"at": number}) for number in range(3)])
    played = ask({"ask": (wanted, answer("ok")), "look": lambda given: given}, tools=[LOOK])
    kinds = [type(event) for event in played.events if isinstance(event, e.TaskScheduled | e.TaskReported)][2:8]
    assert kinds == [e.TaskScheduled] * 3 + [e.TaskReported] * 3
    assert told(played, 2) == ['{"at":0}', '{"at":1}', '{"at":2}']


def test_what_the_author_fixed_the_model_cannot_change() -> None:
    tool = {"node": "look", "parameters": {"type": "object"}, "with": {"safe": True}}
    played = ask({"ask": (calls(("look", {"safe": False, "at": 1})), answer("ok")), "look": {}}, tools=[tool])
    assert ("/do/0/ask/turns/tools/0/look", {"safe": True, "at": 1}) in played.calls


def test_the_arguments_go_where_the_author_wants_them() -> None:
    tool = {"node": "http", "name": "order", "with": {"endpoint": '${ "https://shop/" + $arguments.id }'}}
    played = ask({"ask": (calls(("order", {"id": "7"})), answer("ok")), "order": {}}, tools=[tool])
    assert ("/do/0/ask/turns/tools/0/order", {"endpoint": "https://shop/7"}) in played.calls


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (("look", {}), 'lacks the key "at"'),
        (("look", [1]), "must be a JSON object"),
        (("peek", {}), "there is no tool 'peek'; known are burn, look"),
        (("burn", {}), "must not be called"),
    ],
)
def test_a_call_that_may_not_be_goes_back_to_the_model_with_the_reason(call: tuple[str, Any], reason: str) -> None:
    tools = [LOOK, {"node": "burn", "policy": "deny"}]
    played = ask({"ask": (calls(call), answer("ok"))}, tools=tools)
    assert played.output["turns"] == 2
    assert reason in json.loads(told(played, 2)[0])["error"]
    assert not events_of(played, e.ToolCalled)


def test_a_tool_that_fails_is_told_to_the_model() -> None:
    played = ask({"ask": (calls(("look", {"at": 1})), answer("ok")), "look": Fails(status=404)}, tools=[LOOK])
    assert played.output["text"] == "ok"
    assert json.loads(told(played, 2)[0])["error"]["status"] == 404


def test_a_tool_that_must_not_fail_faults_the_agent() -> None:
    tool = {**LOOK, "onError": "fault"}
    played = ask({"ask": calls(("look", {"at": 1})), "look": Fails(status=404)}, tools=[tool])
    assert (played.status, played.error["status"], played.error["instance"]) == ("faulted", 404, "/do/0/ask")


def test_a_child_workflow_is_a_tool() -> None:
    kid = "document: {dsl: '1.0.3', namespace: test, name: kid, version: '1.0.0'}\ndo: [{s: {set: {got: '${ .v }'}}}]\n"
    tool = {"workflow": {"namespace": "test", "name": "kid", "version": "1.0.0"}}
    played = ask({"ask": (calls(("kid", {"v": 3})), answer("ok"))}, tools=[tool], workflows=(kid,))
    assert told(played, 2) == ['{"got":3}']


def test_the_tools_of_an_mcp_server_are_found_once_and_called_by_their_own_names() -> None:
    server = {"transport": {"http": {"endpoint": "https://mcp.example"}}}
    tool = {"name": "files", "mcp": server, "allow": ["read"], "policy": {"read": "auto"}}
    found = {"tools": [{"name": "read", "inputSchema": {"type": "object"}}, {"name": "drop"}]}
    given = {"content": [{"type": "text", "text": "hello"}, {"type": "image", "mimeType": "image/png", "data": "AA=="}]}
    script = {"ask": (calls(("files_read", {"path": "a"})), answer("ok")), "files": (found, given)}
    played = ask(script, tools=[tool])
    assert [each["name"] for each in requests(played)[0]["tools"]] == ["files_read"]
    listed, called = (arguments for at, arguments in played.calls if at.endswith("/files"))
    assert listed == {**server, "method": "tools/list"}
    assert called == {**server, "method": "tools/call", "parameters": {"name": "read", "arguments": {"path": "a"}}}
    content = requests(played)[1]["messages"][-1]["content"]
    assert content == [
        {"type": "text", "text": "hello"},
        {"type": "image", "mediaType": "image/png", "data": "AA=="},
    ]


def test_an_answer_that_does_not_fit_the_schema_goes_back_to_the_model() -> None:
    script = (answer("somewhere"), answer('{"at":1}'), answer('{"place":"here"}'))
    played = ask({"ask": script}, output={"schema": PLACE})
    assert played.output["output"] == {"place": "here"}
    assert played.output["turns"] == 3
    notes = [event.told for event in events_of(played, e.TurnStarted)]
    assert notes[0] is None
    assert "it is no JSON" in notes[1]
    assert "place" in notes[2]


def test_a_conversation_goes_on_where_it_ended() -> None:
    first = ask({"ask": answer("hello")}, instructions="Be brief.", prompt="Hi")
    second = ask(
        {"ask": answer("again")}, instructions="Be kind.", prompt="Once more", messages=first.output["messages"]
    )
    texts = [message["content"][0]["text"] for message in requests(second)[0]["messages"]]
    assert texts == ["Be kind.", "Hi", "hello", "Once more"]


def test_images_go_in_with_the_prompt() -> None:
    image = {"mediaType": "image/png", "data": "AA=="}
    played = ask({"ask": answer("a dot")}, images=[image, "https://a.example/b.png"])
    content = requests(played)[0]["messages"][0]["content"]
    assert content[1:] == [{"type": "image", **image}, {"type": "image", "url": "https://a.example/b.png"}]


def test_the_log_grows_with_what_is_said_and_not_with_the_turns() -> None:
    long = "x" * 1000
    script = (*[calls(("look", {"at": long}))] * 20, answer("ok"))
    played = ask({"ask": script, "look": {}}, tools=[LOOK], limits={"turns": 30})
    scheduled = [event for event in events_of(played, e.TaskScheduled) if event.node_type == "model"]
    assert len(scheduled) == 21
    assert max(len(event.arguments) for event in scheduled) < 100
    assert len(json.dumps(requests(played)[-1])) > 20 * len(long)


def test_an_answer_that_was_cut_off_is_a_fault() -> None:
    played = ask({"ask": answer("on and o", "length")})
    assert "cut off" in played.error["detail"]


def test_a_document_with_an_agent_keeps_its_secrets_out_of_the_log() -> None:
    played = ask({"ask": answer("ok")}, apiKey="${ $secrets.key }")
    started = events_of(played, e.AgentStarted)[0]
    assert json.loads(started.plan)["apiKey"] is None
    assert json.loads(started.secret_expressions)[0]["pointer"] == "/apiKey"
    assert document() != document(apiKey="x")


def test_long_answers_and_arguments_are_checked_outside_and_go_on() -> None:
    long = "x" * 20_000
    tool = {**LOOK, "parameters": {"type": "object", "required": ["at"], "properties": {"at": {"type": "string"}}}}
    script = (calls(("look", {"at": long}), ("look", {"no": long})), answer(json.dumps({"place": long})))
    played = ask({"ask": script, "look": {"seen": 1}}, tools=[tool], output={"schema": PLACE})
    assert played.output["output"] == {"place": long}
    assert told(played, 2)[0] == '{"seen":1}'
    assert 'lacks the key \\"at\\"' in told(played, 2)[1]


def test_a_servers_schema_that_is_none_leaves_the_judgement_to_the_server() -> None:
    found = {"tools": [{"name": "read", "inputSchema": {"type": "objekt"}}]}
    tool = {"name": "files", "mcp": {"transport": {"http": {"endpoint": "https://mcp.example"}}}}
    played = ask({"ask": (calls(("files_read", {})), answer("ok")), "files": (found, {"content": []})}, tools=[tool])
    assert played.output["text"] == "ok"


@pytest.mark.parametrize("output", ["text", {"schema": {"type": "objekt"}}])
def test_an_output_that_an_expression_gave_and_that_is_none_faults_at_once(output: Any) -> None:
    played = ask({}, output=output)
    assert "with.output" in played.error["detail"]
