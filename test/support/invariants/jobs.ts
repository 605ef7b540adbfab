import { sql } from 'drizzle-orm';
import { loadConfig } from '../../../src/config.ts';
import { aliveTwins, ofRows } from './invariant.ts';

export const oneOpenJob = ofRows(
  'I3',
  'one open job a twin',
  () => sql`
    select format('twin %s: open jobs %s, its state names %s', s.twin_id, array_agg(j.id), s.open_job_id) as offender
    from ${aliveTwins}
    left join jobs j on j.twin_id = s.twin_id and j.job_type = 'feedback_learning'
      and j.status in ('queued', 'processing')
    group by s.twin_id, s.open_job_id
    having count(j.id) > 1 or max(j.id::text) is distinct from s.open_job_id::text
    union all
    select format('job %s has %s runs', j.id, count(r.id)) from jobs j
    left join persona_feedback_learning_runs r on r.job_id = j.id
    where j.job_type = 'feedback_learning' and j.status in ('queued', 'processing')
    group by j.id having count(r.id) > 1`,
);

/** The cooldown in force is the last that a command set before the claim, by the audit log. */
export const cooldownsKept = ofRows(
  'I7',
  'no unforced claim inside a cooldown',
  (_, { defaults = loadConfig({}).learning }) => sql`
    with claims as (
      select j.*, lag(j.created_at) over (partition by j.twin_id order by j.created_at, j.id) as before
      from jobs j where j.job_type = 'feedback_learning'
    )
    select format('twin %s: job %s began at %s, %s minutes after %s had not passed', c.twin_id, c.id, c.created_at,
      policy.minutes, c.before) as offender
    from claims c join twin_state s on s.twin_id = c.twin_id
    cross join lateral (
      select coalesce(min(said.minutes), case when count(*) = 0 then s.cooldown_minutes end,
        ${defaults.cooldown_minutes}::float8) as minutes
      from (
        select (a.detail ->> 'cooldown_minutes')::float8 as minutes from audit_log a
        where a.twin_id = c.twin_id and a.action in ('learning.policy', 'twin.create')
          and a.detail ? 'cooldown_minutes' and a.created_at <= c.created_at
        order by a.id desc limit 1
      ) said
    ) policy
    where not (c.metadata ->> 'forced')::boolean
      and c.created_at + interval '1 millisecond' < c.before + policy.minutes * interval '1 minute'`,
);
