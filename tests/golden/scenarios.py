"""The scenarios of the golden logs: together they have every kind of event."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine import commands as c
from engine import events as e
from engine import messages as m
from engine.events import Commit
from engine.gates import SCHEDULE_PREFIX, ScheduleState
from engine.recorded import collected, recorded_text
from engine.replay import apply, replay
from engine.snapshot import dump
from testkit import Decides, Fails, answer, calls, play
from testkit.journal import Journal
from testkit.play import definition_of, world_of
from tests.golden.endless import endless

HEAD = "document: {dsl: '1.0.3', namespace: golden, name: NAME, version: '1.0.0'}\n"


def text(body: str, name: str = "main") -> str:
    """Give a document from its body."""
    return HEAD.replace("NAME", name) + body


def blocks() -> Journal:
    """Loops, branches, errors, extensions, functions, expressions outside, events, child runs."""
    body = """
use:
  functions: {f: {call: echo, with: {q: '${ .a }'}}}
  extensions:
    - never: {extend: call, when: 'false', before: [{x: {set: {}}}]}
    - around: {extend: set, before: [{note: {call: log, with: {m: '${ $task.reference }'}}}]}
do:
  - set: {set: {n: 1, xs: [1, 2]}, export: {as: '{seen: .n}'}}
  - skipped: {if: 'false', set: {n: 9}}
  - loop: {for: {each: x, in: .xs}, do: [{call: {call: f, with: {a: '${ $x }'}}}]}
  - both: {fork: {compete: true, branches: [{slow: {call: slow}}, {quick: {wait: PT1S}}]}}
  - guarded:
      try: [{flaky: {call: flaky}}]
      catch: {retry: {delay: PT1S, limit: {attempt: {count: 1}}}}
  - exhausted:
      try:
        - inner: {try: [{no: {call: broken}}], catch: {retry: {limit: {attempt: {count: 1}}}}}
      catch: {as: problem, do: [{keep: {set: {status: '${ $problem.status }'}}}]}
      finally: [{last: {call: log}}]
  - outside: {set: {ok: '${ "abc" | test("b") }'}}
  - say: {emit: {event: {with: {source: 'https://golden', type: said}}}}
  - hear:
      listen: {to: {one: {with: {type: heard}}}}
      foreach: {item: e, do: [{d: {set: {v: '${ $e.v }'}}}], export: {as: '{last: .v}'}}
  - kid: {run: {workflow: {namespace: golden, name: kid, version: '1.0.0', input: {v: 3}}}}
"""
    results = {
        "log": None, "note": {}, "last": {}, "slow": {}, "call": {}, "f": {"q": 1},
        "flaky": (Fails(status=503), {"n": 2}), "no": Fails(status=500),
    }  # fmt: skip
    events = [{"type": "heard", "data": {"v": 7}}]
    kid = text("do: [{w: {set: {k: '${ .v }'}}}]", "kid")
    played = play(text(body), {}, results, events=events, workflows=[kid])
    if played.status != "completed":
        raise AssertionError(f"the scenario ended {played.status}: {played.error}")
    return played.journal


def control() -> Journal:
    """Suspension, heartbeats, a lost worker, a faulted run taken up again, a refusal, a bounded transition, an end."""
    loop = f"{{for: {{in: '${{ {[1] * 400} }}'}}, do: [{{s: {{set: {{n: 1}}}}}}]}}"
    body = f"do: [{{a: {{call: echo}}}}, {{l: {loop}}}, {{b: {{call: echo}}}}]"
    journal = Journal(world=world_of([definition_of(text(body))]))
    journal.order("run", c.StartRun(namespace="golden", name="main", version="1.0.0", input="{}"))
    journal.order("run", c.HeartbeatTask(path="/do/0/a", attempt=1, worker="w", lease_ms=1000))
    journal.now_ms += 2000
    journal.order("run", c.FireTimer(timer_id="/do/0/a#lease"))
    journal.order("run", c.SuspendRun(reason="a look"))
    journal.order("run", c.ResumeRun())
    journal.order("run", c.FailTask(path="/do/0/a", attempt=1, error=json.dumps({"type": "x", "status": 500})))
    journal.order("run", c.RetryTask(path="/do/0/a"))
    journal.order("run", c.CompleteTask(path="/do/0/a@2", attempt=1, output='{"n":1}'))
    while any(isinstance(message, m.SendCommand) for message in journal.outbox):
        message = journal.outbox.pop(0)
        if isinstance(message, m.SendCommand):
            journal.submit(message.command)
    journal.order("run", c.CompleteTask(path="/do/2/b", attempt=9, output="1"))
    journal.order("run", c.CancelRun(reason="enough"))
    return journal


def gates() -> Journal:
    """A concurrency limit with each policy."""
    world = world_of([definition_of(text("do: [{w: {wait: PT1H}}]"))])
    journal = Journal(world=world)
    for policy, run_id in (("queue", "r1"), ("queue", "r2"), ("refuse", "r3"), ("cancelOldest", "r4")):
        journal.order("gate:golden/main/*", c.AcquireSlot(run_id=run_id, limit=1, policy=policy))
    journal.order("gate:golden/main/*", c.ReleaseSlot(run_id="r4"))
    return journal


def agents() -> Journal:
    """An agent that calls tools of each kind: refused, failed, retried, and an answer that is sent back."""
    body = """
do:
  - ask:
      call: agent
      with:
        provider: scripted
        model: small
        instructions: Be brief.
        prompt: '${ "Where is \\(.what)?" }'
        output: {schema: {type: object, required: [place]}}
        limits: {turns: 5, wallTime: PT1H}
        tools:
          - {node: look, parameters: {type: object, required: [at]}, with: {deep: true}}
          - {node: burn, policy: deny}
          - {workflow: {namespace: golden, name: kid, version: '1.0.0'}}
          - {name: files, mcp: {transport: {http: {endpoint: 'https://files.example/mcp'}}}}
"""
    wanted = [("look", {"at": 1}), ("look", {}), ("burn", {}), ("kid", {"v": 2}), ("files_read", {"path": "a"})]
    results = {
        "model": (
            Fails(status=429, more={"retryAfterMs": 1500}, retryable=True),
            calls(*wanted), calls(("look", {"at": 2})), answer("somewhere"), answer('{"place":"here"}'),
        ),
        "look": ({"seen": 1}, Fails(status=404)),
        "files": ({"tools": [{"name": "read"}]}, {"content": [{"type": "text", "text": "hello"}]}),
    }  # fmt: skip
    kid = text("do: [{w: {set: {k: '${ .v }'}}}]", "kid")
    played = play(text(body), {"what": "it"}, results, workflows=[kid])
    if played.status != "completed":
        raise AssertionError(f"the scenario ended {played.status}: {played.error}")
    return played.journal


def agent_asks() -> Journal:
    """An agent whose single calls people allow, with other arguments."""
    body = """
do:
  - ask:
      call: agent
      with:
        provider: scripted
        model: small
        prompt: Pay.
        approval: {groups: [finance]}
        tools: [{node: pay, policy: ask, parameters: {type: object, required: [amount]}}]
"""
    said = (calls(("pay", {"amount": 5}), ("pay", {"amount": 6})), answer("done"))
    people = Decides(by="ana", groups=("finance",), data={"arguments": {"amount": 4}})
    played = play(text(body), {}, {"ask": (*said, people), "pay": {"paid": True}})
    if played.status != "completed":
        raise AssertionError(f"the scenario ended {played.status}: {played.error}")
    return played.journal


SCHEDULE = f"{SCHEDULE_PREFIX}golden/main"


def schedules() -> Journal:
    """A calendar, a start after each end, and sets of events, one of which is given up."""
    journal = Journal(world=world_of([definition_of(text("do: [{w: {wait: PT1H}}]"))]))
    activate(journal, {"every": {"minutes": 1}})
    timer = next(message for message in journal.outbox if isinstance(message, m.SetTimer))
    journal.fire(timer)
    activate(journal, {"after": {"minutes": 5}})
    start = [message.command for message in journal.outbox if isinstance(message, m.SendCommand)][-1]
    journal.order(SCHEDULE, c.NoteRunEnded(run_id=start.run_id))
    wanted = [{"with": {"type": kind}, "correlate": {"order": {"from": ".order"}}} for kind in "ab"]
    activate(journal, {"on": {"all": wanted}})
    for index, kind, number in ((0, "a", 1), (0, "a", 2), (1, "b", 2)):
        event = {"specversion": "1.0", "id": f"{kind}{number}", "source": "/g", "type": kind, "data": {"order": number}}
        journal.order(SCHEDULE, c.DeliverEvent(path="", filter_index=index, event=json.dumps(event)))
    give_up(journal)
    journal.order(SCHEDULE, c.DeactivateSchedule())
    return journal


def activate(journal: Journal, schedule: dict[str, Any]) -> None:
    """Let a schedule run."""
    plan = c.ActivateSchedule(namespace="golden", name="main", version="1.0.0", schedule=json.dumps(schedule))
    journal.order(SCHEDULE, plan)


def give_up(journal: Journal) -> None:
    """Give up the oldest incomplete set, as a schedule does that holds too much: here without a megabyte of events."""
    state = journal.states[SCHEDULE]
    if not isinstance(state, ScheduleState):
        raise TypeError(f"{SCHEDULE} is no schedule")
    commit = Commit(
        run_id=SCHEDULE,
        command_id="give-up",
        command_offset=len(journal.commits),
        actor="test",
        at_ms=journal.now_ms,
        parent=b"",
        seq=state.seq + 1,
        events=(e.ScheduleSetDropped(set_id=int(next(iter(state.sets)))),),
    )
    apply(state, commit)
    journal.commits.append(commit)


def queued() -> Journal:
    """Runs that pass a gate."""
    limited = text("do: [{s: {set: {a: 1}}}]").replace("'1.0.0'}", "'1.0.0', metadata: {concurrency: {limit: 1}}}")
    return play(limited).journal


def approvals() -> Journal:
    """Everything people and deadlines do about approvals, and notices that arrive and that do not."""
    terms = """
    title: Pay it?
    context: [{table: [{amount: 12}]}]
    form: {type: object, properties: {note: {type: string}}}
    assignees: [ana]
    quorum: 2
    deadline: PT2H
    reminders: [PT1H]
    escalation: [{assignees: [ana, ben], groups: [finance]}]
    onTimeout: escalate
    channels: [ui, slack, email]
"""
    body = f"do:\n- ask:\n   call: human_approval\n   with: {{{', '.join(terms.strip().splitlines())}}}\n"
    body += "- again: {call: human_approval, with: {title: Sure?, assignees: [ana], onReject: fault}}\n"
    people = (
        Decides(by="eve"),
        Decides(by="ana", act="claim"),
        Decides(by="ana", act="release"),
        Decides(by="ana", act="comment", comment="looking"),
        Decides(by="ana", act="delegate", to="cat", comment="yours"),
    )
    results = {"ask": people, "notice slack": {"ts": "1.5"}, "notice email": Fails(status=404)}
    journal = play(text(body), {}, results).journal
    journal.order("run", c.CancelRun(reason="enough"))
    second = play(text(body), {}, {"ask": (Decides(by="ana", data={"note": "ok"}), Decides(by="dan", act="reject"))})
    third = play(text(body.replace("quorum: 2, ", "")), {}, {"ask": Decides(by="ana"), "again": Decides(act="reject")})
    for number, other in enumerate((second, third)):
        _take_over(journal, other.journal, f"run{number + 2}")
    return journal


def _take_over(journal: Journal, other: Journal, run_id: str) -> None:
    """Put the run of another journal into this one, under another id."""
    commits = [replace(commit, run_id=run_id) for commit in other.history("run")]
    journal.commits += commits
    journal.states[run_id] = replay(run_id, commits)


def forks() -> Journal:
    """A run, forks of it in each mode, one that takes its place, and one that moves to another version."""
    body = "do: [{a: {call: echo}}, {w: {wait: PT1H}}, {l: {listen: {to: {one: {with: {type: x}}}}}}]"
    moved = body.replace("do: [", "do: [{new: {set: {n: 0}}}, ")
    versions = [definition_of(text(body)), definition_of(text(moved).replace("'1.0.0'}", "'2.0.0'}"))]
    journal = Journal(world=world_of(versions))
    journal.order("run", c.StartRun(namespace="golden", name="main", version="1.0.0", input="{}"))
    open_task = dump(journal.states["run"])
    journal.order("run", c.CompleteTask(path="/do/0/a", attempt=1, output='{"n":1}', details='{"tokens":7}'))
    recorded = recorded_text(collected(journal.history("run")))
    for mode, more in (("reuse", "{}"), ("stub", '{"context":{"c":1},"outputs":{"w":{"n":5}}}')):
        order = c.ForkRun(
            forked_from="run",
            at_event=4,
            state=open_task,
            namespace="golden",
            name="main",
            version="1.0.0",
            mode=mode,
            recorded=recorded,
            overrides=more,
            supersedes=mode == "reuse",
        )
        journal.order(mode, order)
    journal.order("run", c.CancelRun(reason="superseded by reuse", superseded_by="reuse"))
    journal.order("reuse", c.MigrateRun(version="2.0.0", reason="a task more"))
    timer = next(each for each in reversed(journal.outbox) if isinstance(each, m.SetTimer) and each.run_id == "reuse")
    journal.fire(timer)
    journal.order("reuse", c.MigrateRun(version="1.0.0"))
    return journal


SCENARIOS: dict[str, Callable[[], Journal]] = {
    "blocks": blocks,
    "control": control,
    "gates": gates,
    "schedules": schedules,
    "queued": queued,
    "forks": forks,
    "approvals": approvals,
    "agents": agents,
    "agent_asks": agent_asks,
    "endless": endless,
}
