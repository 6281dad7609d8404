-- What the snapshots stage writes: an index and a cache of the log. Everything here can be dropped and rebuilt.
-- Ids compare byte by byte (collation "C"): fast, and the same order on every machine.

-- How much of a partition of a topic these tables hold. Written in one transaction with the rows.
create table watermarks (
    topic text not null,
    partition integer not null,
    -- Offset of the last record that was read, accepted or skipped; -1 before the first.
    log_offset bigint not null,
    -- Digest of the last accepted commit, empty before the first.
    head bytea not null default '',
    -- `command_offset` of the last accepted commit, -1 before the first.
    command_offset bigint not null default -1,
    accepted bigint not null default 0,
    skipped bigint not null default 0,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (topic, partition)
);

-- The newest state of every run, gate and schedule, with the columns people filter by.
create table runs (
    run_id text collate "C" primary key,
    partition integer not null,
    -- `run`, `gate`, `schedule`, or `none`: an id that only ever got refused commands.
    kind text not null,
    namespace text not null,
    name text not null,
    version text not null,
    status text not null,
    source text not null,
    parent_run_id text collate "C",
    started_at timestamptz,
    updated_at timestamptz not null,
    ended_at timestamptz,
    error_type text,
    error_title text,
    error_status integer,
    error_path text,
    -- What its tasks wait for from outside, such as `timer worker`; null when for nothing.
    waiting_for text,
    -- Number of its last event, and how many commits it took.
    seq bigint not null,
    commits bigint not null,
    -- Offset of the last commit that is in `state`.
    commit_offset bigint not null,
    input_excerpt text,
    output_excerpt text,
    -- Canonical JSON text and its digest. Not jsonb: that changes the text, costs more, and refuses \u0000.
    state text not null,
    state_hash text not null
) with (autovacuum_vacuum_scale_factor = 0.05);

create index runs_by_start on runs (started_at desc, run_id desc) where kind = 'run';
create index runs_by_update on runs (updated_at desc, run_id desc) where kind = 'run';
create index runs_by_definition on runs (namespace, name, started_at desc, run_id desc) where kind = 'run';
create index runs_by_status on runs (status, started_at desc, run_id desc) where kind = 'run' and status <> 'completed';
create index runs_by_error on runs (error_type, started_at desc, run_id desc) where error_type is not null;
create index runs_by_parent on runs (parent_run_id, started_at desc) where parent_run_id is not null;

-- Where the commits of a run lie in its partition: its history is read from Kafka by these offsets.
create table run_commits (
    run_id text collate "C" not null,
    -- Number of the first event of the commit.
    seq bigint not null,
    partition integer not null,
    log_offset bigint not null,
    at_ms bigint not null,
    primary key (run_id, seq)
);

-- States of long runs at every Nth commit, so that a past moment is one of them and a short fold.
create table snapshots (
    run_id text collate "C" not null,
    -- Number of the last event in the state.
    seq bigint not null,
    partition integer not null,
    commit_offset bigint not null,
    at_ms bigint not null,
    state text not null,
    state_hash text not null,
    primary key (run_id, seq)
);

-- Live timers: found again by the orchestrator that takes over a partition.
create table timers (
    run_id text collate "C" not null,
    timer_id text collate "C" not null,
    partition integer not null,
    path text not null,
    purpose text not null,
    fire_at_ms bigint not null,
    primary key (run_id, timer_id)
) with (autovacuum_vacuum_scale_factor = 0.05);

create index timers_by_instant on timers (partition, fire_at_ms);

-- How many runs are in each status, kept in step with `runs`.
create table run_counts (
    partition integer not null,
    namespace text not null,
    name text not null,
    version text not null,
    status text not null,
    runs bigint not null,
    primary key (partition, namespace, name, version, status)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- Published definitions. The first record of a key counts, as for every reader of the topic.
create table definitions (
    namespace text collate "C" not null,
    name text collate "C" not null,
    version text collate "C" not null,
    log_offset bigint not null,
    digest text not null,
    text text not null,
    document text not null,
    actor text not null,
    published_at timestamptz not null,
    primary key (namespace, name, version)
);

create index definitions_by_publication on definitions (published_at desc);

-- An index of the dead-letters topic; the records themselves stay there.
create table dead_letters (
    partition integer not null,
    log_offset bigint not null,
    stage text not null,
    reason text not null,
    source_topic text not null,
    source_partition integer not null,
    source_offset bigint not null,
    record_key text,
    at timestamptz not null,
    primary key (partition, log_offset)
);

create index dead_letters_by_instant on dead_letters (at desc);
