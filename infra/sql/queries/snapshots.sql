-- name: stage_tables
create temporary table if not exists staged_runs (
    run_id text collate "C", partition integer, kind text, namespace text, name text, version text, status text,
    source text, parent_run_id text, started_at_ms bigint, updated_at_ms bigint, ended_at_ms bigint, error_type text,
    error_title text, error_status integer, error_path text, waiting_for text, seq bigint, commits bigint,
    commit_offset bigint, input_excerpt text, output_excerpt text, state text, state_hash text,
    forked_from text, forked_at_event bigint
) on commit delete rows

-- name: open_watermark
insert into watermarks (topic, partition, log_offset) values (%s, %s, -1) on conflict do nothing

-- name: watermark
select log_offset, head, command_offset, accepted, skipped from watermarks where topic = %s and partition = %s

-- name: advance_watermark
update watermarks
set log_offset = %s, head = %s, command_offset = %s, accepted = %s, skipped = %s, updated_at = clock_timestamp()
where topic = %s and partition = %s and log_offset = %s and head = %s

-- name: copy_runs
copy staged_runs from stdin

-- name: upsert_runs
insert into runs
select run_id, partition, kind, namespace, name, version, status, source, parent_run_id,
    to_timestamp(started_at_ms / 1000.0), to_timestamp(updated_at_ms / 1000.0), to_timestamp(ended_at_ms / 1000.0),
    error_type, error_title, error_status, error_path, waiting_for, seq, commits, commit_offset,
    input_excerpt, output_excerpt, state, state_hash, forked_from, forked_at_event
from staged_runs
on conflict (run_id) do update set
    partition = excluded.partition, kind = excluded.kind, namespace = excluded.namespace, name = excluded.name,
    version = excluded.version, status = excluded.status, source = excluded.source,
    parent_run_id = excluded.parent_run_id, started_at = excluded.started_at, updated_at = excluded.updated_at,
    ended_at = excluded.ended_at, error_type = excluded.error_type, error_title = excluded.error_title,
    error_status = excluded.error_status, error_path = excluded.error_path, waiting_for = excluded.waiting_for,
    seq = excluded.seq, commits = excluded.commits, commit_offset = excluded.commit_offset,
    input_excerpt = excluded.input_excerpt, output_excerpt = excluded.output_excerpt, state = excluded.state,
    state_hash = excluded.state_hash, forked_from = excluded.forked_from, forked_at_event = excluded.forked_at_event

-- name: copy_commits
copy run_commits (run_id, seq, partition, log_offset, at_ms) from stdin

-- name: copy_snapshots
copy snapshots (run_id, seq, partition, commit_offset, at_ms, state, state_hash) from stdin

-- name: copy_phases
copy run_phases (run_id, seq, partition, at_ms, status, previous) from stdin

-- name: delete_timers
delete from timers using unnest(%s::text[], %s::text[]) as gone (run_id, timer_id)
where timers.run_id = gone.run_id and timers.timer_id = gone.timer_id

-- name: copy_timers
copy timers (run_id, timer_id, partition, path, purpose, fire_at_ms) from stdin

-- name: add_counts
insert into run_counts (partition, namespace, name, version, status, runs)
select * from unnest(%s::integer[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])
order by 1, 2, 3, 4, 5
on conflict (partition, namespace, name, version, status) do update set runs = run_counts.runs + excluded.runs

-- name: upsert_approvals
insert into approvals (
    run_id, approval_id, partition, path, namespace, name, version, started_by, title, status, digest,
    assignees, groups, asked, claimed_by, quorum, votes, comments, is_undelivered, opened_at_ms, deadline_ms,
    decided_at_ms, decided_by, request, detail
)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (run_id, approval_id) do update set
    partition = excluded.partition, path = excluded.path, namespace = excluded.namespace, name =
    excluded.name, version = excluded.version, started_by = excluded.started_by, title = excluded.title,
    status = excluded.status, digest = excluded.digest, assignees = excluded.assignees, groups =
    excluded.groups, asked = excluded.asked, claimed_by = excluded.claimed_by, quorum = excluded.quorum, votes
    = excluded.votes, comments = excluded.comments, is_undelivered = excluded.is_undelivered, opened_at_ms =
    excluded.opened_at_ms, deadline_ms = excluded.deadline_ms, decided_at_ms = excluded.decided_at_ms,
    decided_by = excluded.decided_by, request = excluded.request, detail = excluded.detail

-- name: load_runs
select run_id, commit_offset, state, commits, state_hash from runs where partition = %s and run_id = any(%s)

-- name: known_runs
select distinct run_id from run_commits where run_id = any(%s)

-- name: run_offsets
select log_offset from run_commits where run_id = %s order by seq

-- name: forget_watermark
delete from watermarks where topic = %s and partition = %s

-- name: timers_due
select run_id, timer_id, fire_at_ms from timers where partition = %s and fire_at_ms <= %s

-- name: insert_definitions
insert into definitions (namespace, name, version, log_offset, digest, text, document, actor, published_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(%s / 1000.0))
on conflict (namespace, name, version) do update set
    log_offset = excluded.log_offset, digest = excluded.digest, text = excluded.text, document = excluded.document,
    actor = excluded.actor, published_at = excluded.published_at
where excluded.log_offset < definitions.log_offset

-- name: insert_dead_letters
insert into dead_letters
    (partition, log_offset, stage, reason, source_topic, source_partition, source_offset, record_key, at)
values (%s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(%s / 1000.0)) on conflict do nothing

-- name: partition_hashes
select run_id, state_hash from runs where partition = %s

-- name: partition_commits
select count(*) from run_commits where partition = %s

-- name: partition_counts
select namespace, name, version, status, runs from run_counts where partition = %s and runs <> 0

-- name: partition_timers
select run_id, timer_id, fire_at_ms from timers where partition = %s

-- name: note_watermark
insert into watermarks (topic, partition, log_offset) values (%s, %s, %s)
on conflict (topic, partition) do update
set log_offset = greatest(watermarks.log_offset, excluded.log_offset), updated_at = clock_timestamp()
