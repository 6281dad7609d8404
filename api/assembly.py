"""Puts the services together, around whatever outside they are given: the real one, or that of a test."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.approvals import Approvals
from api.auth import Credentials
from api.bundling import Bundling
from api.checking import checker
from api.commands import Commands
from api.forks import Forks
from api.incoming import Incoming
from api.log_pages import LogPages
from api.migrations import Migrations
from api.moments import Moments
from api.ports import Inbox, LogSource, Outbox, Store
from api.publishing import Publishing
from api.redrive import Redrive
from api.runs import Accepted, Runs
from api.schedules import Schedules
from api.services import Health, Services
from api.starts import Starts
from api.tail import Sinks
from infra.people import People
from language.resolving import Judge
from nodes.desk import Desk
from nodes.registry import Registry
from schemas.topics import CLOUDEVENTS, COMMANDS, DEFINITIONS, TOPICS, Topic, task_topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the services reach: Kafka, Postgres, and what the log has told."""

    outbox: Outbox
    store: Store
    health: Health
    log: LogSource
    sinks: Sinks
    inbox: Inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the services are told."""

    token: str
    topic_prefix: str
    payload_bytes: int
    node_types: Registry
    judge: Judge
    people: People = field(default_factory=People)
    acts_for_others: bool = False
    desk: Desk = field(default_factory=Desk)


def assemble(outside: Outside, options: Options) -> Services:
    """Give the services of one process."""
    sinks, outbox = outside.sinks, outside.outbox
    accepted = Accepted(sinks.recent)
    runs = Runs(recent=sinks.recent, store=outside.store, accepted=accepted)
    commands = Commands(
        outbox=outbox, topic=COMMANDS.full_name(options.topic_prefix), live=sinks.live, metrics=sinks.metrics
    )
    schedules = Schedules(catalogue=sinks.catalogue, commands=commands, recent=sinks.recent, store=outside.store)
    log_pages = LogPages(outside.log, readable_topics(options.node_types), options.topic_prefix)
    forks = Forks(commands=commands, catalogue=sinks.catalogue, runs=runs)
    return Services(
        approvals=Approvals(inbox=outside.inbox, runs=runs, commands=commands, people=options.people),
        credentials=Credentials(options.token, acts_for_others=options.acts_for_others),
        catalogue=sinks.catalogue,
        commands=commands,
        desk=options.desk,
        health=outside.health,
        forks=forks,
        incoming=_incoming(outbox, options),
        live=sinks.live,
        log_pages=log_pages,
        bundling=Bundling(runs=runs, catalogue=sinks.catalogue, positions=outside.health.positions),
        moments=Moments(runs=runs, positions=outside.health.positions),
        metrics=sinks.metrics,
        migrations=Migrations(forks=forks),
        node_types=options.node_types,
        outbox=outbox,
        publishing=_publishing(outside, options, schedules),
        redrive=Redrive(pages=log_pages, outbox=outbox, topic_prefix=options.topic_prefix),
        runs=runs,
        schedules=schedules,
        starts=Starts(commands=commands, catalogue=sinks.catalogue, live=sinks.live, runs=runs, accepted=accepted),
        store=outside.store,
        topic_prefix=options.topic_prefix,
        payload_bytes=options.payload_bytes,
    )


def readable_topics(node_types: Registry) -> dict[str, Topic]:
    """Give every topic by its name without the prefix."""
    return {topic.name: topic for topic in (*TOPICS, *map(task_topic, sorted(node_types.types)))}


def _publishing(outside: Outside, options: Options, schedules: Schedules) -> Publishing:
    return Publishing(
        catalogue=outside.sinks.catalogue,
        check=checker(options.judge),
        schedules=schedules,
        outbox=outside.outbox,
        topic=DEFINITIONS.full_name(options.topic_prefix),
    )


def _incoming(outbox: Outbox, options: Options) -> Incoming:
    topic = CLOUDEVENTS.full_name(options.topic_prefix)
    return Incoming(outbox=outbox, topic=topic, event_bytes=options.payload_bytes)
