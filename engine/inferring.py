"""Which order a commit came of, told from its events: so history can be decided again for as long as the log is kept.

The commands topic keeps its records for days, the log for ever. Every order leaves a first event that has all of it
that counts; only what was refused left nothing to tell it by.
"""

from __future__ import annotations

import json

from engine import commands as c
from engine import events as e
from engine.approvals import VERDICTS
from engine.events import Commit
from engine.state import RunState

_ACTS = {decision: act for act, decision in VERDICTS.items()}
SKIPPED = '{"skipped":true}'


def order_of(state: RunState, commit: Commit) -> c.Order | None:
    """Give the order that led from `state` to the commit; `None` when the events do not tell."""
    first, last = commit.events[0], commit.events[-1]
    if isinstance(last, e.RunCancelled):
        return c.CancelRun(reason=last.reason, superseded_by=last.superseded_by)
    match first:
        case e.TaskReported(details=details) if details == SKIPPED:
            return c.SkipTask(path=first.path, output=first.output)
        case e.TaskReported():
            return c.CompleteTask(
                path=first.path, attempt=first.attempt, output=first.output, details=first.details or "null"
            )
        case e.TaskFaulted(path=path, error=error) | e.ToolFailed(path=path, error=error):
            return _failed(state, path, error)
        case e.TaskRetried(path=path, error=error):
            return c.FailTask(path=path, attempt=_attempt(state, path), error=error, retryable=True)
        case e.TimerFired():
            return c.FireTimer(timer_id=first.timer_id)
        case e.EvaluationCompleted(value=str(value)):
            return c.CompleteTask(path=f"{first.path}#{first.slot}", attempt=1, output=value)
        case e.EvaluationCompleted():
            error = json.dumps({"detail": first.error})
            return c.FailTask(path=f"{first.path}#{first.slot}", attempt=1, error=error)
        case e.EventReceived():
            return c.DeliverEvent(path=first.path, filter_index=first.filter_index, event=first.event)
        case _:
            return _of_the_run(state, commit)


def _failed(state: RunState, path: str, error: str) -> c.Order | None:
    return c.FailTask(path=path, attempt=_attempt(state, path), error=error) if path in state.tasks else None


def _attempt(state: RunState, path: str) -> int:
    task = state.tasks.get(path)
    return 1 if task is None else task.attempt


def _of_the_run(state: RunState, commit: Commit) -> c.Order | None:
    first = commit.events[0]
    match first:
        case e.RunStarted():
            return c.StartRun(
                namespace=first.namespace,
                name=first.name,
                version=first.version,
                input=first.input,
                parent_run_id=first.parent_run_id,
                parent_path=first.parent_path,
                source=first.source,
                started_by=first.started_by,
            )
        case e.RunSuspended():
            return c.SuspendRun(reason=first.reason)
        case e.RunResumed():
            return c.ResumeRun()
        case e.RunReopened(how="skip") if isinstance(done := commit.events[1], e.TaskCompleted):
            return c.SkipTask(path=first.path, output=done.output or "null")
        case e.RunReopened():
            return c.RetryTask(path=first.path)
        case e.TransitionContinued():
            return c.ContinueRun()
        case e.RunAdmitted():
            return c.AdmitRun()
        case e.RunFaulted(error=error) if state.status == "queued":
            return c.RefuseRun(reason=str(json.loads(error).get("detail", "")))
        case e.TaskHeartbeat():
            lease_ms = first.lease_until_ms - commit.at_ms
            return c.HeartbeatTask(path=first.path, attempt=first.attempt, worker=first.worker, lease_ms=lease_ms)
        case e.TaskRedispatched():
            return c.HeartbeatTask(path=first.path, attempt=first.attempt, worker=first.worker, lease_ms=0)
        case e.RunMigrated() | e.SubscriptionClosed():
            return next((_migration(event) for event in commit.events if isinstance(event, e.RunMigrated)), None)
        case _:
            return _of_an_approval(state, commit)


def _migration(event: e.RunMigrated) -> c.MigrateRun:
    return c.MigrateRun(version=event.version, mapping=event.moves, reason=event.reason)


def _of_an_approval(state: RunState, commit: Commit) -> c.Order | None:
    match commit.events[0]:
        case e.NoticeDelivered(notice_id=notice_id, receipt=receipt) if notice_id in state.notices:
            return c.CompleteTask(path=notice_id, attempt=state.notices[notice_id].attempt, output=receipt)
        case e.NoticeFailed(notice_id=notice_id, error=error) as failed if notice_id in state.notices:
            return c.FailTask(
                path=notice_id,
                attempt=state.notices[notice_id].attempt,
                error=json.dumps({"detail": error}),
                retryable=failed.retry_at_ms > 0,
            )
        case e.ApprovalClaimed() as claimed:
            return _act(state, claimed.approval_id, "claim", claimed.channel)
        case e.ApprovalReleased() as released:
            return _act(state, released.approval_id, "release", released.channel)
        case e.ApprovalDelegated() as given:
            return _act(state, given.approval_id, "delegate", given.channel, to=given.to, comment=given.comment)
        case e.ApprovalCommented() as said:
            return _act(state, said.approval_id, "comment", said.channel, comment=said.comment)
        case e.ApprovalDecided() as decided:
            more = {"data": decided.data, "comment": decided.comment, "groups": decided.groups}
            return _act(state, decided.approval_id, _ACTS[decided.decision], decided.channel, **more)
        case e.ApprovalClosed(decision="withdrawn") as closed:
            return _act(state, closed.approval_id, "withdraw", closed.channel, comment=closed.comment)
        case _:
            return None


def _act(state: RunState, approval_id: str, act: str, channel: str, **more: str) -> c.ActOnApproval | None:
    """Give what a person did. Who did it was let in then, so it is taken to be in the groups that are asked."""
    approval = state.approvals.get(approval_id)
    if approval is None:
        return None
    given = {"groups": json.dumps(list(approval.groups)), **more}
    return c.ActOnApproval(approval_id=approval_id, act=act, channel=channel, **given)
