import { sql, type SQL } from 'drizzle-orm';
import type { InvariantName, InvariantOptions } from '../support/invariants/invariant.ts';
import type { World } from './healthy-world.ts';

/** Something that must never be, done with raw SQL. */
interface Plant {
  readonly what: string;
  readonly breaks: InvariantName;
  readonly by?: (world: World) => SQL[];
  readonly options?: (world: World) => InvariantOptions;
  /** What the report must name. */
  readonly named?: (world: World) => string;
}

const event = (twin: string, trace: string) => sql`twin_id = ${twin} and trace_id = ${trace}`;
const version = ({ versioned }: World, v: string) => sql`twin_id = ${versioned} and version = ${v}`;
const report = (world: World, v: string, path: string, value: string) => sql`
  update persona_specs set gate_report = jsonb_set(gate_report, ${`{${path}}`}::text[], to_jsonb(${value}::text))
  where ${version(world, v)}`;

/** At least one for each invariant that is a query; those of workflows have a test of their own. */
export const PLANTS: readonly Plant[] = [
  {
    what: 'a vote stored twice',
    breaks: 'I1',
    by: ({ busy }) => [
      sql`insert into persona_training_events (twin_id, tenant_id, seq, event_id, source, event_type, trace_id,
          rater_id, vote_key, replaces_seq, score, body_hash, interaction_context, intent_label, channel, modules, occurred_at)
        select e.twin_id, e.tenant_id, s.last_seq + 1, 'again', source, event_type, trace_id, rater_id, vote_key, seq,
          score, body_hash, interaction_context, intent_label, channel, modules, occurred_at
        from persona_training_events e join twin_state s on s.twin_id = e.twin_id
        where e.${event(busy, 't6')}`,
      sql`update twin_state set last_seq = last_seq + 1 where twin_id = ${busy}`,
    ],
  },
  {
    what: 'an event id of two rows',
    breaks: 'I1',
    by: ({ busy }) => [
      sql`drop index persona_training_events_event`,
      sql`update persona_training_events set event_id = 'same' where ${event(busy, 't6')} or ${event(busy, 't7')}`,
    ],
    named: () => 'same',
  },
  {
    what: 'a lost row',
    breaks: 'I1',
    by: ({ busy }) => [sql`delete from persona_training_events where ${event(busy, 't7')}`],
  },
  {
    what: 'a text that outlived its age',
    breaks: 'I1',
    by: ({ busy }) => [
      sql`update persona_training_events set comment = 'old' where twin_id = ${busy} and seq = 1`,
      sql`update twin_state set texts_erased_seq = 1 where twin_id = ${busy}`,
    ],
  },
  {
    what: 'a lost last row',
    breaks: 'I1',
    by: ({ busy }) => [sql`delete from persona_training_events where ${event(busy, 'last')}`],
  },
  {
    what: 'a replacement that names nothing',
    breaks: 'I1',
    by: ({ busy }) => [
      sql`update persona_training_events set replaces_seq = null where ${event(busy, 't1')} and score = -1`,
    ],
  },
  { what: 'a due twin at rest', breaks: 'I1', options: () => ({ settled: true }), named: ({ due }) => due },
  {
    what: 'an answered vote that is not there',
    breaks: 'I1',
    options: ({ due }) => ({ accepted: [{ twin_id: due, event_id: 'lost' }] }),
    named: () => 'lost',
  },
  {
    what: 'a gap between two runs',
    breaks: 'I2',
    by: ({ busy }) => [
      sql`update persona_feedback_learning_runs set from_seq = from_seq + 1
        where twin_id = ${busy} and status = 'running'`,
    ],
  },
  {
    what: 'two runs that overlap',
    breaks: 'I2',
    by: ({ busy }) => [
      sql`update persona_feedback_learning_runs set from_seq = from_seq - 1
        where twin_id = ${busy} and status = 'running'`,
    ],
  },
  {
    what: 'a failed run that kept its votes',
    breaks: 'I2',
    by: ({ busy }) => [
      sql`update persona_feedback_learning_runs set status = 'failed' where twin_id = ${busy} and status = 'running'`,
    ],
  },
  {
    what: 'a watermark without a run',
    breaks: 'I2',
    by: ({ due }) => [sql`update twin_state set claimed_seq = 1, pending_events = 0 where twin_id = ${due}`],
    named: ({ due }) => due,
  },
  {
    what: 'a second open job',
    breaks: 'I3',
    by: ({ busy }) => [
      sql`drop index jobs_one_open_learning`,
      sql`insert into jobs (twin_id, tenant_id, job_type, status, metadata)
        select twin_id, tenant_id, job_type, status, metadata from jobs where twin_id = ${busy} and status = 'queued'`,
    ],
  },
  {
    what: 'an open job that the twin does not know of',
    breaks: 'I3',
    by: ({ busy }) => [sql`update twin_state set open_job_id = null where twin_id = ${busy}`],
  },
  {
    what: 'two live versions',
    breaks: 'I5',
    by: (world) => [
      sql`drop index persona_specs_one_active`,
      sql`update persona_specs set status = 'active' where ${version(world, '1.0.0')}`,
    ],
  },
  {
    what: 'no live version',
    breaks: 'I5',
    by: ({ versioned }) => [
      sql`update persona_specs set status = 'archived' where twin_id = ${versioned} and status = 'active'`,
    ],
  },
  {
    what: 'a state that names another version',
    breaks: 'I5',
    by: ({ versioned }) => [sql`update twin_state set active_version = '1.0.0' where twin_id = ${versioned}`],
  },
  {
    what: 'a version below its parent',
    breaks: 'I5',
    by: (world) => [sql`update persona_specs set parent_version = '1.0.9' where ${version(world, '1.0.1')}`],
  },
  {
    what: 'a number given away late',
    breaks: 'I5',
    by: (world) => [
      sql`update persona_specs set created_at = now() + interval '1 day' where ${version(world, '1.1.1')}`,
    ],
  },
  {
    what: 'a version published twice',
    breaks: 'I5',
    by: ({ versioned }) => [
      sql`insert into audit_log (tenant_id, twin_id, actor, action, detail)
        select tenant_id, twin_id, actor, action, detail from audit_log
        where twin_id = ${versioned} and action = 'spec.rollback'`,
    ],
  },
  {
    what: 'a version that nobody published',
    breaks: 'I5',
    by: (world) => [sql`update persona_specs set published_by = null where ${version(world, '1.0.1')}`],
  },
  {
    what: 'a version of a job that is not there',
    breaks: 'I5',
    by: (world) => [sql`update persona_specs set published_by = 'job:lost' where ${version(world, '1.0.1')}`],
  },
  {
    what: 'a learned version that the gate failed',
    breaks: 'I6',
    by: (world) => [report(world, '1.0.1', 'verdict', 'fail')],
  },
  {
    what: 'a learned version without a report',
    breaks: 'I6',
    by: (world) => [sql`update persona_specs set gate_report = null where ${version(world, '1.0.1')}`],
  },
  {
    what: 'a report of another content',
    breaks: 'I6',
    by: (world) => [report(world, '1.0.1', 'candidate_hash', 'another')],
  },
  {
    what: "an owner's version whose failures nobody named",
    breaks: 'I6',
    by: (world) => [sql`update persona_specs set acknowledged = '{golden}' where ${version(world, '1.1.0')}`],
  },
  {
    what: 'an inconclusive one that nobody named',
    breaks: 'I6',
    by: (world) => [sql`update persona_specs set acknowledged = null where ${version(world, '1.1.2')}`],
  },
  {
    what: 'an inconclusive one without a reason',
    breaks: 'I6',
    by: (world) => [sql`update persona_specs set reason = null where ${version(world, '1.1.2')}`],
  },
  {
    what: 'a rollback without a reason',
    breaks: 'I6',
    by: (world) => [sql`update persona_specs set reason = null where ${version(world, '1.1.1')}`],
  },
  {
    what: 'an unforced claim inside a cooldown',
    breaks: 'I7',
    by: ({ busy }) => [
      sql`update audit_log set detail = detail || '{"cooldown_minutes": 30}' where twin_id = ${busy} and action = 'twin.create'`,
    ],
  },
  {
    what: 'a count that is one off',
    breaks: 'I9',
    by: ({ busy }) => [sql`update twin_state set pending_events = pending_events + 1 where twin_id = ${busy}`],
  },
  {
    what: 'contexts changed without a recount',
    breaks: 'I9',
    by: ({ busy }) => [sql`update twin_state set train_from = '{public_share}' where twin_id = ${busy}`],
  },
  ...['job_logs set message', 'jobs set error_message', 'jobs set metadata', 'audit_log set detail'].map(
    (column): Plant => ({
      what: `a comment in ${column.replace(' set ', '.')}`,
      breaks: 'I10',
      options: () => ({ canaries: ['the canary sings'] }),
      by: () => {
        const [, name = ''] = column.split(' set ');
        const text = /metadata|detail/.test(name) ? `${name} || '{"said": "the canary sings"}'` : `'the canary sings'`;
        return [sql.raw(`update ${column} = ${text}`)];
      },
    }),
  ),
  {
    what: 'a comment in what was caught of the log',
    breaks: 'I10',
    options: () => ({ canaries: ['the canary sings'], captured: { 'the log': '{"said":"the canary sings"}' } }),
    named: () => 'the log',
  },
];
