-- What people were asked and what they decided: the inbox. Part of the index of the log, like everything else here.
create table approvals (
    run_id text collate "C" not null,
    approval_id text collate "C" not null,
    partition integer not null,
    path text not null,
    namespace text not null,
    name text not null,
    version text not null,
    started_by text not null,
    title text not null,
    -- `open`, or how it ended: `approved`, `rejected`, `changes_requested`, `withdrawn`, `expired`, `cancelled`.
    status text not null,
    digest text not null,
    assignees text[] not null,
    groups text[] not null,
    -- Whom an open one asks, to be found by: `person:NAME`, `group:NAME`, or `anybody`.
    asked text[] not null,
    claimed_by text not null,
    quorum integer not null,
    votes integer not null,
    comments integer not null,
    -- Whether a channel could not be reached.
    is_undelivered boolean not null,
    -- Unix milliseconds; the deadline of one without is as late as can be.
    opened_at_ms bigint not null,
    deadline_ms bigint not null,
    decided_at_ms bigint,
    decided_by text not null,
    -- JSON texts: what was asked, and the decisions, comments and deliveries.
    request text not null,
    detail text not null,
    primary key (run_id, approval_id)
) with (autovacuum_vacuum_scale_factor = 0.05);

create index approvals_open on approvals (opened_at_ms desc, run_id, approval_id) where status = 'open';
create index approvals_by_deadline on approvals (deadline_ms, run_id, approval_id) where status = 'open';
create index approvals_asked on approvals using gin (asked) where status = 'open';
create index approvals_ended on approvals (decided_at_ms desc, run_id, approval_id) where status <> 'open';
create index approvals_by_partition on approvals (partition);
