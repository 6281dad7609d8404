"""Fetches what documents refer to outside of them when they are published or linted: guard, caps, secrets."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from language.externals import Fetch, Fetched, Wanted

if TYPE_CHECKING:
    from infra.worker_settings import NodeSettings
    from nodes.http.arguments import Authentication
    from nodes.http.client import HttpOptions

#: The largest text, and how long one may take: whoever publishes waits for it.
BODY_BYTES = 256 * 1024
TIMEOUT_S = 10.0
NAMESPACE = "publish"

#: Runs a coroutine to its end.
Run = Callable[[Coroutine[Any, Any, list[Fetched | str]]], list[Fetched | str]]


def fetching(settings: NodeSettings) -> Fetch:
    """Give what fetches texts as this process's settings allow."""
    from nodes.base import Caps
    from nodes.http.client import HttpOptions
    from streams.worker.role import allowed_addresses

    caps = Caps(body_bytes=min(BODY_BYTES, settings.http_body_bytes), timeout_s=min(TIMEOUT_S, settings.http_timeout_s))
    return fetching_with(HttpOptions(caps=caps, policy=allowed_addresses(settings.http_allow_private)), settings)


def fetching_with(options: HttpOptions, settings: NodeSettings, run: Run = asyncio.run) -> Fetch:
    """Give what fetches texts through a client with these options. It must not be called where a loop is running."""

    def fetch(wanted: Sequence[Wanted], /) -> list[Fetched | str]:
        return run(_fetched(wanted, options, _Secrets(settings)))

    return fetch


class _Secrets:
    """The secrets of this process, read when they are asked for, and kept out of what is told."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._known: list[Any] = []

    def value(self, name: str) -> Any:
        """Give a secret, None if this process has none of that name."""
        from streams.worker.secrets import EnvironmentSecrets, FolderSecrets, Secrets, SecretSource

        sources: list[SecretSource] = [EnvironmentSecrets(os.environ)]
        if self._settings.secrets_dir is not None:
            sources.append(FolderSecrets(self._settings.secrets_dir))
        found = Secrets(sources).value(NAMESPACE, name)
        self.conceal(found)
        return found

    def conceal(self, secret: Any) -> None:
        """Remember a value that must not be told."""
        self._known.append(secret)

    def redacted(self, text: str) -> str:
        """Give a text without the secrets that were used."""
        from streams.worker.redaction import Redaction

        return Redaction(self._known).text(text)


async def _fetched(wanted: Sequence[Wanted], options: HttpOptions, secrets: _Secrets) -> list[Fetched | str]:
    from nodes.http.fetching import Answer, Request, fetch_texts

    policies = [_authentication(each.authentication, secrets) for each in wanted]
    asked = [
        Request(uris=each.uris, authentication=policy)
        for each, policy in zip(wanted, policies, strict=True)
        if not isinstance(policy, str)
    ]
    answers = iter(await fetch_texts(asked, options, secrets))
    found: list[Fetched | str] = []
    for policy in policies:
        answer = policy if isinstance(policy, str) else next(answers)
        if isinstance(answer, Answer):
            found.append(Fetched(uri=answer.uri, text=answer.text))
        else:
            found.append(secrets.redacted(answer if isinstance(answer, str) else str(answer.problem["detail"])))
    return found


def _authentication(given: Any, secrets: _Secrets) -> Authentication | str | None:
    """Give the credentials, or a sentence why there are none."""
    from engine.errors import ExpressionFailed
    from nodes.http.arguments import Authentication

    if given is None:
        return None
    try:
        return Authentication.model_validate(_filled(given, secrets))
    except ExpressionFailed as error:
        return f"its authentication may use constants and $secrets alone when it is published: {error}"
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, part["loc"])) for part in error.errors(include_input=False))
        return f"its authentication is not as expected; wrong: {wrong}"


def _filled(part: Any, secrets: _Secrets) -> Any:
    """Give a part of an authentication with its expressions replaced by their values."""
    if isinstance(part, dict):
        return {key: _filled(value, secrets) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, secrets) for value in part]
    return _evaluated(part, secrets) if isinstance(part, str) and "${" in part else part


def _evaluated(text: str, secrets: _Secrets) -> Any:
    from engine.errors import EvaluateOutside, ExpressionFailed
    from engine.templates import expression, is_expression
    from expressions.evaluator import JqEvaluator
    from streams.worker.secrets import used_secrets

    if not is_expression(text):
        return text
    source = expression(text)

    def lookup(name: str) -> str:
        if name != "secrets":
            raise ExpressionFailed(f"${name} is not known before there is a run")
        return json.dumps({used: secrets.value(used) for used in used_secrets(source)})

    try:
        return json.loads(JqEvaluator().evaluate(source, "null", lookup))
    except EvaluateOutside:
        raise ExpressionFailed("the expression takes too much work") from None
