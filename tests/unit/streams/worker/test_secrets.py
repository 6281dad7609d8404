from __future__ import annotations

import asyncio
import base64
import html
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from engine.messages import DispatchTask
from expressions.evaluator import JqEvaluator
from nodes.errors import NodeError
from streams.worker.arguments import SecretArguments, placed
from streams.worker.redaction import Redaction
from streams.worker.secrets import EnvironmentSecrets, FolderSecrets, Secrets, TableSecrets, used_secrets

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


async def test_what_needs_the_authorization_is_filled_in_last_and_its_parameter_is_a_secret() -> None:
    async def authorize(arguments: Any) -> dict[str, str]:
        return {"scheme": "Bearer", "parameter": arguments["token"]}

    source = '"\\($authorization.scheme):\\($authorization.parameter)"'
    parts = [
        {"pointer": "/copy", "source": source, "input": "[null,null]"},
        {"pointer": "/token", "source": "$secrets.token", "input": "[null,{}]"},
    ]
    filled, known = await FILLER.fill(task({"copy": None, "token": None}, parts), authorize)

    assert filled == {"copy": "Bearer:t0ken", "token": "t0ken"}
    assert known == ["t0ken", "t0ken"]


async def test_without_authentication_the_authorization_is_null() -> None:
    parts = [{"pointer": "", "source": "$authorization", "input": "[null,null]"}]
    assert await FILLER.fill(task(1, parts)) == (None, [])


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


@pytest.mark.parametrize("secret", ["correct horse battery", "p&ss/wörd+", "k3y=5", "0123456789abcdef" * 4])
def test_derived_forms_of_a_secret_are_blacked_out(secret: str) -> None:
    redaction = Redaction([secret])
    data = secret.encode()
    basic = [base64.b64encode(name + b":" + data).decode() for name in (b"", b"a", b"ab", b"anna", b"someone")]
    derived = [
        *(f"Basic {text}" for text in basic),
        base64.b64encode(data).decode(),
        base64.b64encode(data).decode().rstrip("="),
        base64.urlsafe_b64encode(data).decode(),
        data.hex(),
        quote(secret, safe=""),
        quote(secret, safe="").replace("%2F", "%2f"),
        html.escape(secret),
        json.dumps({"inner": json.dumps({"secret": secret})}),
    ]

    for text in derived:
        told = redaction.text(f"before {text} after")
        assert told.startswith("before ")
        assert told.endswith(" after")
        assert "***" in told
        assert text not in told
        assert "Basic" not in text or told == "before Basic *** after"


def test_a_large_text_of_base64_is_judged_in_no_time() -> None:
    redaction = Redaction(["correct horse battery"])
    text = "QUJD" * 250_000 + " " + base64.b64encode(b"me:correct horse battery").decode()
    began_at = time.monotonic()

    assert redaction.text(text).endswith("QUJD ***")
    assert time.monotonic() - began_at < 2


def test_a_secret_that_comes_in_pieces_is_held_back_until_it_is_known() -> None:
    redaction = Redaction(["correct horse"])
    shown, held = [], ""
    for piece in ["it is corr", "ect", " horse, and corr", "ugated"]:
        ready, held = redaction.beginning(held + piece)
        shown.append(ready)

    assert "".join(shown) + held == "it is ***, and corrugated"


def test_a_secret_for_one_namespace_is_seen_by_that_one_alone() -> None:
    secrets = Secrets(
        [EnvironmentSecrets({"AGENTOS_SECRET_NAMESPACES__MY_SHOP__TOKEN": "own", "AGENTOS_SECRET_X": "all"})]
    )

    assert secrets.value("my-shop", "token") == "own"
    assert secrets.value("other", "token") is None
    assert secrets.value("other", "x") == "all"
    for name in ("NAMESPACES__MY_SHOP__TOKEN", "namespaces..my-shop..token", "namespaces__my_shop__token"):
        assert secrets.value("other", name) is None
    assert secrets.value("my", "shop__token") is None


def test_the_environment_counts_before_the_folder_and_that_before_the_table(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("folder")
    table = TableSecrets(lambda: {("", name): "table" for name in ("a", "b", "c")} | {("shop", "c"): "shop's"})
    asyncio.run(table.loaded())
    secrets = Secrets([EnvironmentSecrets({"AGENTOS_SECRET_A": "environment"}), FolderSecrets(tmp_path)], table)

    assert [secrets.value("any", name) for name in "abcd"] == ["environment", "folder", "table", None]
    assert secrets.value("shop", "c") == "shop's"


async def test_a_secret_that_was_set_just_now_is_found_and_an_outage_takes_none_away() -> None:
    there: dict[tuple[str, str], str] = {}
    is_away = False

    def read() -> dict[tuple[str, str], str]:
        if is_away:
            raise ConnectionError("no database")
        return dict(there)

    table = TableSecrets(read)
    secrets = Secrets([], table)
    await table.loaded()
    there["", "new"] = "value"
    await table.refresh()
    is_away = True
    await table.refresh()

    assert await secrets.fetched("any", "new") == "value"
    assert await secrets.fetched("any", "never") is None


def test_nothing_secret_changes_nothing() -> None:
    assert not Redaction([None, ""])
    assert Redaction([]).text("as it is") == "as it is"


async def test_a_secret_that_was_set_right_after_a_reading_is_found() -> None:
    stored: dict[tuple[str, str], str] = {}
    table = TableSecrets(lambda: dict(stored))
    secrets = Secrets([], table)
    await table.loaded()
    stored["", "fresh"] = "new"
    assert await secrets.fetched("shop", "fresh") == "new"
