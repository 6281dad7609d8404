-- name: get_run
select {columns} from runs where run_id = %(run_id)s and kind = 'run'

-- name: list_runs
select {columns} from {source} where {conditions} order by {order} limit %(limit)s

-- name: count_runs
select namespace, name, version, status, sum(runs)::bigint as runs
from run_counts
where (%(namespace)s::text is null or namespace = %(namespace)s)
    and (%(name)s::text is null or name = %(name)s)
    and (%(version)s::text is null or version = %(version)s)
group by namespace, name, version, status
having sum(runs) <> 0
order by namespace, name, version, status

-- name: count_runs_as_of
with moved as materialized (
    select run.namespace, run.name, run.version, phase.status, phase.previous, count(*) as runs
    from run_phases as phase join runs as run using (run_id)
    where phase.at_ms <= %(at_ms)s
        and (%(namespace)s::text is null or run.namespace = %(namespace)s)
        and (%(name)s::text is null or run.name = %(name)s)
        and (%(version)s::text is null or run.version = %(version)s)
    group by run.namespace, run.name, run.version, phase.status, phase.previous
)
select namespace, name, version, status, sum(runs)::bigint as runs
from (
    select namespace, name, version, status, runs from moved
    union all
    select namespace, name, version, previous, -runs from moved where previous is not null
) as change
group by namespace, name, version, status
having sum(runs) <> 0
order by namespace, name, version, status

-- name: runs_as_of
select run.run_id, run.partition, run.kind, run.namespace, run.name, run.version, run.source, run.parent_run_id,
    run.forked_from, run.forked_at_event, run.started_at, run.input_excerpt,
    phase.status,
    case when phase.status = any(%(final)s) then to_timestamp(phase.at_ms / 1000.0) end as ended_at,
    case when phase.status = 'faulted' then run.error_type end as error_type,
    case when phase.status = 'faulted' then run.error_title end as error_title,
    case when phase.status = 'faulted' then run.error_status end as error_status,
    case when phase.status = 'faulted' then run.error_path end as error_path,
    case when run.updated_at <= %(as_of)s then run.waiting_for end as waiting_for,
    case when phase.status = 'completed' then run.output_excerpt end as output_excerpt,
    to_timestamp(place.at_ms / 1000.0) as updated_at,
    coalesce((select min(later.seq) - 1 from run_commits as later
        where later.run_id = run.run_id and later.seq > place.seq), run.seq) as seq,
    run.commits, place.log_offset as commit_offset
from runs as run
cross join lateral (
    select status, at_ms from run_phases where run_id = run.run_id and at_ms <= %(at_ms)s order by seq desc limit 1
) as phase
cross join lateral (
    select seq, at_ms, log_offset from run_commits where run_id = run.run_id and at_ms <= %(at_ms)s
    order by seq desc limit 1
) as place
where run.kind = 'run' and run.started_at <= %(as_of)s

-- name: approvals_as_of
select run_id, approval_id, path, namespace, name, version, started_by, title,
    case when decided_at_ms <= %(at_ms)s then status else 'open' end as status,
    digest, assignees, groups, asked, claimed_by, quorum, votes, comments, is_undelivered, opened_at_ms, deadline_ms,
    case when decided_at_ms <= %(at_ms)s then decided_at_ms end as decided_at_ms,
    case when decided_at_ms <= %(at_ms)s then decided_by else '' end as decided_by
from approvals where opened_at_ms <= %(at_ms)s

-- name: run_commits
select seq, partition, log_offset, at_ms from run_commits
where run_id = %(run_id)s and seq >= coalesce(
    (select max(seq) from run_commits where run_id = %(run_id)s and seq <= %(from_seq)s), 0)
    and (%(to_seq)s::bigint is null or seq <= %(to_seq)s)
order by seq limit %(limit)s

-- name: newest_state
select seq, commit_offset, state, state_hash from runs where run_id = %(run_id)s

-- name: nearest_state
select seq, commit_offset, state, state_hash from (
    select seq, commit_offset, state, state_hash from snapshots where run_id = %(run_id)s and seq <= %(seq)s
    union all
    select seq, commit_offset, state, state_hash from runs where run_id = %(run_id)s and seq <= %(seq)s
) as known
order by seq desc limit 1

-- name: kept_states
select seq, commit_offset, state, state_hash from snapshots
where run_id = %(run_id)s and seq <= %(seq)s and seq > %(above)s order by seq desc limit 1

-- name: keep_state
insert into snapshots (run_id, seq, partition, commit_offset, at_ms, state, state_hash)
select run_id, %(seq)s, partition, log_offset, at_ms, %(state)s, %(state_hash)s from run_commits
where run_id = %(run_id)s and log_offset = %(commit_offset)s
on conflict (run_id, seq) do update set
    commit_offset = excluded.commit_offset, at_ms = excluded.at_ms, state = excluded.state, state_hash = excluded.state_hash
returning seq

-- name: mend_state
update runs set state = %(state)s, state_hash = %(state_hash)s
where run_id = %(run_id)s and seq = %(seq)s and commit_offset = %(commit_offset)s
returning seq

-- name: seq_at
select coalesce(
    (select min(seq) - 1 from run_commits where run_id = %(run_id)s and coalesce(%(offset)s::bigint, %(at_ms)s::bigint) is not null
        and (%(offset)s::bigint is null or log_offset > %(offset)s) and (%(at_ms)s::bigint is null or at_ms > %(at_ms)s)),
    seq) as seq
from runs where run_id = %(run_id)s

-- name: first_offset
select log_offset from run_commits where run_id = %(run_id)s order by run_commits.seq limit 1

-- name: get_definition
select {columns} from definitions
where namespace = %(namespace)s and name = %(name)s and version = %(version)s

-- name: list_definitions
select namespace, name, version, log_offset, digest, '' as text, '' as document, actor, published_at from definitions
where (%(namespace)s::text is null or namespace = %(namespace)s)
    and (%(name)s::text is null or name = %(name)s)
    and (%(after)s::text[] is null
        or (namespace, name, version) > ((%(after)s::text[])[1], (%(after)s::text[])[2], (%(after)s::text[])[3]))
order by namespace, name, version limit %(limit)s

-- name: list_dead_letters
select letter.partition, letter.log_offset, letter.stage, letter.reason, letter.source_topic, letter.source_partition,
    letter.source_offset, letter.record_key, letter.at, note.at as redriven_at, note.reason as redriven_by
from dead_letters as letter
left join lateral (
    select at, reason from dead_letters
    where stage = 'redrive' and source_partition = letter.partition and source_offset = letter.log_offset
    order by log_offset desc limit 1
) as note on true
where letter.stage <> 'redrive' and (%(before)s::bigint[] is null or (letter.at, letter.partition, letter.log_offset)
    < (timestamptz 'epoch' + (%(before)s::bigint[])[1] * interval '1 microsecond', (%(before)s::bigint[])[2], (%(before)s::bigint[])[3]))
order by letter.at desc, letter.partition desc, letter.log_offset desc limit %(limit)s

-- name: watermarks
select topic, partition, log_offset, head, command_offset, accepted, skipped, updated_at
from watermarks order by topic, partition

-- name: get_approval
select {columns} from approvals where run_id = %(run_id)s and approval_id = %(approval_id)s

-- name: list_approvals
select {columns} from {source} where {conditions} order by {order} limit %(limit)s

-- name: count_approvals
select count(*) as count from (select from {source} where {conditions} limit %(most)s) as found
