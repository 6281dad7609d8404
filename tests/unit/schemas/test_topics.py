from __future__ import annotations

import pytest

from schemas import registry, topics


def test_every_topic_of_the_design_is_listed_once() -> None:
    names = [topic.name for topic in topics.TOPICS]
    assert len(names) == len(set(names))
    assert {"commands", "events", "subscriptions", "cloudevents", "definitions", "progress", "dead-letters"} <= {*names}


def test_every_schema_has_a_topic_and_every_topic_known_schemas() -> None:
    used = {name for topic in (*topics.TOPICS, topics.task_topic("http")) for name in topic.schemas}
    assert used == {*registry.names()}


def test_commands_and_events_carry_the_clock_of_the_broker() -> None:
    assert topics.COMMANDS.config["message.timestamp.type"] == "LogAppendTime"
    assert topics.EVENTS.config["message.timestamp.type"] == "LogAppendTime"


def test_events_and_definitions_are_kept_for_ever() -> None:
    for topic in (topics.EVENTS, topics.DEFINITIONS):
        assert topic.config["retention.ms"] == "-1"
        assert topic.config["cleanup.policy"] == "delete"


@pytest.mark.parametrize(
    ("node_type", "name"),
    [
        ("http", "acme.tasks.http"),
        ("human_approval", "acme.tasks.human_approval"),
        ("Acme Corp:Mail@1", "acme.tasks.-cme--orp--ail-1"),
    ],
)
def test_the_tasks_of_a_node_type_have_a_topic_of_their_own(node_type: str, name: str) -> None:
    topic = topics.task_topic(node_type)
    assert topic.full_name("acme.") == name
    assert topic.co_partitioned
