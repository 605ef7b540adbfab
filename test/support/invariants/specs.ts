import { sql } from 'drizzle-orm';
import { aliveTwins, ofRows } from './invariant.ts';

const specs = sql`
  select p.*, string_to_array(p.version, '.')::int[] as number, string_to_array(p.parent_version, '.')::int[] as above
  from ${aliveTwins} join persona_specs p on p.twin_id = s.twin_id`;

export const oneActiveSpec = ofRows(
  'I5',
  'exactly one active spec a twin with specs; numbers rising, never reused; each published by one job or one key',
  () => sql`
    with specs as (${specs}), lines as (
      select *, lag(number) over (partition by twin_id, number[1:2] order by created_at, id) as before from specs
    ), published as (
      select p.*,
        (select count(*) from audit_log a where a.twin_id = p.twin_id and a.detail ->> 'version' = p.version
          and a.action in ('spec.publish', 'spec.approve', 'spec.rollback'))
        + (select count(*) from persona_feedback_learning_runs r where r.twin_id = p.twin_id
          and r.candidate_version = p.version and r.publish_decision = 'published')
        + (p.origin = 'owner' and p.parent_version is null)::int as times
      from specs p
    )
    select format('twin %s: active versions %s, its state names %s', s.twin_id,
      array_agg(p.version) filter (where p.status = 'active'), s.active_version) as offender
    from ${aliveTwins} left join specs p on p.twin_id = s.twin_id
    group by s.twin_id, s.active_version
    having count(p.id) filter (where p.status = 'active') <> least(count(p.id), 1)
      or max(p.version) filter (where p.status = 'active') is distinct from s.active_version
    union all
    select format('twin %s: version %s is not above its parent %s', twin_id, version, parent_version)
    from specs where number <= above
    union all
    select format('twin %s: version %s came after %s', twin_id, version, array_to_string(before, '.'))
    from lines where number <= before
    union all
    select format('twin %s: version %s was published %s times, at %s by %s', twin_id, version, times, published_at,
      published_by)
    from published where times <> (published_at is not null)::int or (published_at is null) <> (published_by is null)
      or (status = 'active' and published_at is null) or (published_by !~ '^(key|job):.' and not (published_by = 'probation' and origin = 'rollback'))
      or (published_by like 'job:%' and not exists (
        select from jobs j where 'job:' || j.id = published_by and j.twin_id = published.twin_id))`,
);

export const nothingOnAFail = ofRows(
  'I6',
  'nothing learned was published on a fail; what was published without a pass says by whom and why',
  () => sql`
    with published as (
      select p.twin_id, p.version, p.origin, p.published_by, p.content_hash, p.gate_report,
        coalesce(p.gate_report ->> 'verdict', 'none') as verdict, nullif(p.reason, '') as why, p.parent_version,
        array(select c ->> 'name' from jsonb_array_elements(p.gate_report -> 'checks') c where c ->> 'status' = 'fail'
          or (c ->> 'status' = 'inconclusive' and p.origin = 'learned')) <@ coalesce(p.acknowledged, '{}') as known
      from ${aliveTwins} join persona_specs p on p.twin_id = s.twin_id where p.published_at is not null
    )
    select format('twin %s: %s %s went live by %s on the verdict %s, reason: %s', twin_id, origin, version,
      published_by, verdict, why) as offender
    from published where verdict <> 'pass' and (published_by is null or why is null or not known)
      or (origin = 'learned' and (verdict in ('fail', 'none') or (verdict = 'inconclusive' and published_by !~ '^key:')))
      or (origin = 'owner' and parent_version is not null and verdict = 'none')
      or (gate_report is not null and gate_report ->> 'candidate_hash' <> content_hash)`,
);
