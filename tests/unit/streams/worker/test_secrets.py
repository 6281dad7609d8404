from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.messages import DispatchTask
from expressions.evaluator import JqEvaluator
from nodes.errors import NodeError
from streams.worker.arguments import SecretArguments, placed
from streams.worker.redaction import Redaction
from streams.worker.secrets import EnvironmentSecrets, FolderSecrets, Secrets, used_secrets

ENVIRONMENT = {"AGENTOS_SECRET_TOKEN": "t0ken", "AGENTOS_SECRET_shop": '{"user": "u", "pin": 1234}', "PATH": "/bin"}


def test_a_secret_is_found_under_its_name_or_the_shouted_form_of_it() -> None:
    secrets = EnvironmentSecrets(ENVIRONMENT | {"AGENTOS_SECRET_PAYMENT_KEY": "k"})

    assert secrets.find("any", "token") == "t0ken"
    assert secrets.find("any", "payment-key") == "k"
    assert secrets.find("any", "PATH") is None


def test_a_secret_is_found_in_a_folder_for_its_namespace_first(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "token").write_text("for all\n")
    (tmp_path / "shop" / "token").write_text("for the shop\n")
    secrets = FolderSecrets(tmp_path)

    assert secrets.find("shop", "token") == "for the shop"
    assert secrets.find("other", "token") == "for all"
    assert secrets.find("other", "unknown") is None


@pytest.mark.parametrize("name", ["../token", "/etc/passwd", "", ".hidden", "a/b"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "token").write_text("x")

    assert FolderSecrets(tmp_path / "shop").find("any", name) is None
    assert FolderSecrets(tmp_path).find("..", "token") is None


def test_a_json_object_is_that_object() -> None:
    secrets = Secrets([EnvironmentSecrets(ENVIRONMENT)])

    assert secrets.value("any", "shop") == {"user": "u", "pin": 1234}
    assert secrets.value("any", "token") == "t0ken"
    assert secrets.value("any", "unknown") is None


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("$secrets.token", ["token"]),
        ('"Bearer " + $secrets.token + $secrets.shop.user', ["token", "shop"]),
        ('$secrets["payment-key"]', ["payment-key"]),
        ('$secrets."payment-key"', ["payment-key"]),
        ("$secrets[.name]", []),
        ("$secrets | keys", []),
    ],
)
def test_only_secrets_that_are_named_are_used(source: str, names: list[str]) -> None:
    assert used_secrets(source) == names


def task(arguments: Any, parts: list[dict[str, str]]) -> DispatchTask:
    return DispatchTask(
        run_id="r",
        path="/do/0/a",
        attempt=1,
        node_type="echo",
        arguments=json.dumps(arguments),
        secret_expressions=json.dumps(parts),
        deadline_ms=0,
        namespace="n",
        name="w",
        version="1",
    )


async def outside(source: str, prepared: str) -> str:
    assert '"secrets"' not in prepared
    return json.dumps(f"outside {source}")


FILLER = SecretArguments(Secrets([EnvironmentSecrets(ENVIRONMENT)]), JqEvaluator(), outside)


async def test_parts_with_secrets_are_evaluated_on_what_the_orchestrator_prepared() -> None:
    prepare = JqEvaluator().prepare
    sources = ['"Bearer \\($secrets.token) for \\(.who)"', "$context.base + $secrets.shop.user"]
    public = {"secrets": "{}", "context": '{"base": "x/"}'}
    inputs = [prepare(source, '{"who": "me"}', public.__getitem__) for source in sources]
    assert not any("t0ken" in text for text in inputs)
    parts = [
        {"pointer": "/headers/0/auth~1x", "source": sources[0], "input": inputs[0]},
        {"pointer": "/path", "source": sources[1], "input": inputs[1]},
    ]

    filled, known = await FILLER.fill(task({"headers": [{"auth/x": None}], "path": None, "n": 1}, parts))

    assert filled == {"headers": [{"auth/x": "Bearer t0ken for me"}], "path": "x/u", "n": 1}
    assert known == ["t0ken", {"user": "u", "pin": 1234}]


async def test_a_failed_expression_tells_no_secret() -> None:
    with pytest.raises(NodeError) as caught:
        await FILLER.fill(task(None, [{"pointer": "", "source": "$secrets.token.x", "input": "[null,{}]"}]))

    assert caught.value.problem["type"].endswith("/expression")
    assert "t0ken" not in str(caught.value.problem)


async def test_an_unbounded_expression_is_evaluated_outside() -> None:
    source = "[range(1000000)] | length | tostring + $secrets.token"
    filled, _ = await FILLER.fill(task(None, [{"pointer": "", "source": source, "input": "[null,{}]"}]))

    assert filled == f"outside {source}"


def test_a_pointer_leads_to_its_place() -> None:
    assert placed({"a": [1, {"b/c": 2}]}, "/a/1/b~1c", 3) == {"a": [1, {"b/c": 3}]}
    assert placed(None, "", 3) == 3


def test_secrets_are_blacked_out_in_every_form_they_are_written_in() -> None:
    redaction = Redaction(['p&ss "word"', {"pin": 123456}, None])

    assert redaction.text('with p&ss "word" in it') == "with *** in it"
    assert redaction.text("?q=p%26ss%20%22word%22") == "?q=***"
    assert redaction.text("q=p%26ss+%22word%22") == "q=***"
    assert redaction.value({"a": [123456, 'p&ss "word"'], 'p&ss "word"': True}) == {"a": ["***", "***"], "***": True}
    assert json.loads(redaction.json_text(json.dumps({"x": 'say p&ss "word"'}))) == {"x": "say ***"}


def test_a_short_secret_is_blacked_out_where_it_is_all_there_is() -> None:
    redaction = Redaction(["a"])

    assert redaction.value(["a", "banana"]) == ["***", "banana"]


def test_nothing_secret_changes_nothing() -> None:
    assert not Redaction([None, ""])
    assert Redaction([]).text("as it is") == "as it is"
