import { sql } from 'drizzle-orm';
import { loadConfig } from '../../../src/config.ts';
import { aliveTwins, countsSql, ofRows } from './invariant.ts';

/** Rows of living twins, each with the row of its key before it. */
const rows = sql`
  select e.*, s.last_seq, s.texts_erased_seq, s.votes_deleted_seq,
    lag(e.seq) over k as before_seq, lag(e.score) over k as before_score,
    lag(array[e.reason, e.comment, e.answer, e.interaction_context]) over k as before_said,
    row_number() over (partition by e.twin_id order by e.seq) as place
  from ${aliveTwins} join persona_training_events e on e.twin_id = s.twin_id
  window k as (partition by e.twin_id, e.vote_key order by e.seq)`;

export const acceptedOnce = ofRows(
  'I1',
  'an accepted vote exists once; once due and not replaced or retracted it is taken into a run',
  ({ accepted = [], settled = false }, { defaults = loadConfig({}).learning }) => sql`
    with rows as (${rows})
    select format('twin %s: event %s is there %s times', twin_id, event_id, count(*)) as offender
    from rows group by twin_id, event_id having count(*) > 1
    union all
    select format('twin %s: rows %s and %s say the same', twin_id, before_seq, seq) from rows
    where before_seq > texts_erased_seq and score = before_score
      and array[reason, comment, answer, interaction_context] is not distinct from before_said
    union all
    select format('twin %s: row %s replaces %s, but came after %s', twin_id, seq, replaces_seq, before_seq) from rows
    where replaces_seq is distinct from before_seq
      and (before_seq is not null or coalesce(replaces_seq, 0) not between 1 and votes_deleted_seq)
    union all
    select format('twin %s: a row before %s is missing', twin_id, min(seq)) from rows
    where seq <> place + votes_deleted_seq group by twin_id
    union all
    select format('twin %s: rows after %s are missing', s.twin_id, coalesce(max(r.seq), 0))
    from ${aliveTwins} left join rows r on r.twin_id = s.twin_id group by s.twin_id, s.last_seq, s.votes_deleted_seq
    having coalesce(max(r.seq), s.votes_deleted_seq) <> s.last_seq
    union all
    select format('twin %s: row %s is of age and has texts', twin_id, seq) from rows
    where seq <= texts_erased_seq and num_nonnulls(query, answer, comment) > 0
    union all
    select format('twin %s: accepted event %s is not in the ledger', a.twin_id, a.event_id)
    from jsonb_to_recordset(${JSON.stringify(accepted)}::jsonb) as a(twin_id text, event_id text)
    join twins t on t.id = a.twin_id and t.deleted_at is null
    where not exists (select from rows r where r.twin_id = a.twin_id and r.event_id = a.event_id)
    union all
    select format('twin %s: %s votes are due and no run takes them', s.twin_id, s.pending_events)
    from ${aliveTwins}
    where ${settled} and s.paused_at is null and s.open_job_id is null and s.active_version is not null
      and s.pending_events >= coalesce(s.min_events, ${defaults.min_events}::int)
      and coalesce(greatest(s.cooldown_until, s.deferred_until), '-infinity') <= clock_timestamp()`,
);

export const rangesMeet = ofRows(
  'I2',
  'ranges of runs that did not fail do not overlap and leave no gap',
  () => sql`
    with runs as (
      select r.*, s.claimed_seq, s.last_seq,
        coalesce(lag(r.to_seq) over w, 0) as begins, lead(r.id) over w is null as last
      from ${aliveTwins}
      join persona_feedback_learning_runs r on r.twin_id = s.twin_id and r.status <> 'failed'
      window w as (partition by r.twin_id order by r.from_seq, r.to_seq)
    )
    select format('twin %s: run %s takes (%s, %s], the one before ended at %s', twin_id, id, from_seq, to_seq, begins)
      as offender
    from runs where from_seq <> begins or to_seq < from_seq
    union all
    select format('twin %s: its runs end at %s, its watermark is %s', twin_id, to_seq, claimed_seq)
    from runs where last and to_seq <> claimed_seq
    union all
    select format('twin %s: no run took anything, its watermark is %s', s.twin_id, s.claimed_seq) from ${aliveTwins}
    where s.claimed_seq <> 0 and not exists (select from runs where runs.twin_id = s.twin_id)`,
);

export const pendingAsDefined = ofRows(
  'I9',
  'pending_events equals its definition over the ledger',
  () => sql`
    with keys as (
      select e.twin_id, max(e.seq) as newest, max(e.seq) filter (where e.seq <= s.claimed_seq) as taken
      from ${aliveTwins} join persona_training_events e on e.twin_id = s.twin_id
      group by e.twin_id, e.vote_key
    ), pending as (
      select s.twin_id, s.pending_events, count(*) filter (where k.newest > s.claimed_seq
        and (${countsSql('n')} or coalesce(${countsSql('b')}, false))) as defined
      from ${aliveTwins}
      left join keys k on k.twin_id = s.twin_id
      left join persona_training_events n on n.twin_id = s.twin_id and n.seq = k.newest
      left join persona_training_events b on b.twin_id = s.twin_id and b.seq = k.taken
      group by s.twin_id
    )
    select format('twin %s: pending_events is %s, by definition %s', twin_id, pending_events, defined) as offender
    from pending where pending_events <> defined`,
);
