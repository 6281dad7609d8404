"""`agentos check-replay`: decides past runs again, by today's rules or for another definition, without any effect."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from agentos.commands.lint import shown_problem, text_of
from agentos.options import AsJson, DataDir, settings_for
from agentos.running import with_running_stores
from engine.definition import Definition
from engine.errors import InvalidDefinition
from engine.rehearsing import DIFFERENT, FAILED, IDENTICAL, Rehearsal
from infra.errors import InvalidSettings
from infra.read_models import RunFilter
from infra.settings import Settings

DIFFERENCES, MISUSE = 1, 2
#: Filters of `--query` that are single texts.
_FILTERS = ("namespace", "name", "version", "source", "error_type", "parent_run_id", "forked_from", "id_prefix")

Against = Annotated[str, typer.Option("--against", help="last:N: the newest N runs that the query gives.")]
Query = Annotated[
    list[str] | None,
    typer.Option("--query", help=f"NAME=VALUE with a name of status, {', '.join(_FILTERS)}. May be repeated."),
]
File = Annotated[
    Path | None, typer.Option("--definition", help="Workflow document to decide by instead of what the runs followed.")
]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("check-replay")(check_replay)


def check_replay(
    *,
    against: Against = "last:500",
    query: Query = None,
    definition: File = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Run what was recorded of past runs through today's code, or a changed definition, without effects.

    Exit code 0: all are identical; 1: some route differently or fail; 2: misuse. With --json: one JSON object for each
    run, and a last one with the counts.
    """
    most = _most(against)
    instead = None if definition is None else _definition(definition)
    wanted = _filter(query or [], instead)
    settings = with_running_stores(settings_for(data_dir))
    verdicts = asyncio.run(_check(settings, wanted, (most, instead), as_json=as_json))
    counts = {name: verdicts.get(name, 0) for name in (IDENTICAL, DIFFERENT, FAILED)}
    if as_json:
        typer.echo(json.dumps({"runs": sum(counts.values()), **counts}))
    else:
        typer.echo(", ".join(f"{number} {name}" for name, number in counts.items()))
    if counts[DIFFERENT] or counts[FAILED]:
        raise typer.Exit(DIFFERENCES)


async def _check(
    settings: Settings, wanted: RunFilter, what: tuple[int, Definition | None], *, as_json: bool
) -> Counter[str]:
    from agentos.replay_check import past_of

    most, instead = what
    url = settings.postgres.database_url
    if url is None:
        raise InvalidSettings("DATABASE_URL: expected the address of Postgres, found none; run `agentos up`, or set it")
    verdicts: Counter[str] = Counter()
    async with past_of(settings, url.get_secret_value(), instead) as past:
        async for found in past.rehearsals(wanted, most):
            verdicts[found.verdict] += 1
            if as_json:
                typer.echo(json.dumps(asdict(found), ensure_ascii=False))
            elif found.verdict != IDENTICAL:
                typer.echo(_line(found))
    return verdicts


def _line(found: Rehearsal) -> str:
    how = "routes differently" if found.verdict == DIFFERENT else "fails"
    return f"{found.run_id} {how} at event {found.event}: expected {found.expected}, found {found.found}"


def _most(against: str) -> int:
    kind, _, number = against.partition(":")
    if kind != "last" or not number.isdecimal() or not int(number):
        raise typer.BadParameter(f"expected last:N, found {against[:50]!r}", param_hint="--against")
    return int(number)


def _definition(file: Path) -> Definition:
    from agentos.authoring import fetch_outside, judge
    from api.checking import checker

    try:
        return checker(judge(fetch_outside()))(text_of(file)).definition
    except InvalidDefinition as error:
        for problem in error.problems:
            typer.echo(shown_problem(file, problem), err=True)
        raise typer.Exit(MISUSE) from None


def _filter(query: list[str], instead: Definition | None) -> RunFilter:
    given: dict[str, Any] = {}
    statuses: list[str] = []
    for text in query:
        name, mark, value = text.partition("=")
        if not mark or not value or name not in ("status", *_FILTERS):
            names = ", ".join(("status", *_FILTERS))
            raise typer.BadParameter(
                f"expected NAME=VALUE with a name of {names}, found {text[:80]!r}", param_hint="--query"
            )
        if name == "status":
            statuses.append(value)
        else:
            given[name] = value
    if instead is not None:
        # Another definition says nothing about runs of another workflow.
        given |= {"namespace": instead.namespace, "name": instead.name}
    return RunFilter(statuses=tuple(statuses), **given)
