import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createTwin } from '../../src/commands/create-twin.ts';
import { planTwin, type PlanResult } from '../../src/commands/plan.ts';
import type { PolicyChange } from '../../src/commands/policy.ts';
import { recordVotes } from '../../src/commands/record-votes.ts';
import type { NewVote, VoteResult } from '../../src/commands/vote.ts';
import { retractVote } from '../../src/commands/retract-vote.ts';
import { failJob } from '../../src/activities/fail-job.ts';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { readTwinState, type TwinStateRow } from '../../src/db/twin-lock.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { loadConfig } from '../../src/config.ts';
import type { LearningDefaults } from '../../src/learning/policy.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { createTestDatabase } from '../support/database.ts';

export const DEFAULTS: LearningDefaults = loadConfig({}).learning;
export const TENANT = 'ours';

/** Connections of a bench at most. */
export const BENCH_CONNECTIONS = 24;

export type Cast = Partial<NewVote>;
type Stored = Extract<VoteResult, { status: 'stored' }>;

export interface Bench {
  readonly database: OpenDatabase;
  readonly url: string;
  /** A new twin; with a persona unless told otherwise. */
  twin(options?: {
    readonly spec?: boolean;
    readonly tenant?: string;
    readonly policy?: PolicyChange;
  }): Promise<TwinRef>;
  state(twin: TwinRef): Promise<TwinStateRow>;
  /** Records votes in one transaction; each is a new trace's thumb up of the owner's, unless it says otherwise. */
  cast(twin: TwinRef, votes: readonly Cast[], learn?: 'now' | 'later' | 'unchanged'): Promise<VoteResult[]>;
  /** The same of one vote, which must be stored. */
  castOne(twin: TwinRef, vote?: Cast): Promise<Stored>;
  /** Takes back the vote of `rater`, or of another rater; null is the anonymous one. */
  retract(twin: TwinRef, traceId: string, raterId?: string | null): ReturnType<typeof retractVote>;
  pending(twin: TwinRef): Promise<number>;
  plan(twin: TwinRef): Promise<PlanResult>;
  /** Claims a run as the twin's workflow would; its job. */
  claim(twin: TwinRef): Promise<string>;
  /** Ends the open job as its workflow does after the last attempt of a step. */
  fail(twin: TwinRef, jobId: string): Promise<void>;
  /** Ends the open job well, without a candidate. */
  complete(twin: TwinRef, jobId: string): Promise<void>;
  close(): Promise<void>;
}

let count = 0;
export const unique = (prefix: string): string => `${prefix}-${(count += 1)}`;

export const vote = (twin: TwinRef, said: Cast = {}): NewVote => ({
  tenant_id: twin.tenant_id,
  twin_id: twin.id,
  trace_id: unique('trace'),
  message_id: '',
  rater_id: 'rater',
  event_id: null,
  score: 1,
  reason: null,
  comment: null,
  query: null,
  answer: null,
  conversation_id: null,
  intent_label: 'factual_with_evidence',
  interaction_context: 'owner_chat',
  channel: 'owner',
  spec_version: null,
  modules: [],
  occurred_at: null,
  source: 'feedback',
  ...said,
});

/** A twin that learns from one vote, at once. */
export const eagerTwin = (bench: Bench) => bench.twin({ policy: { min_events: 1, cooldown_minutes: 0 } });

/** Such a twin, and the trace of a vote of its that a run has taken. */
export async function takenVote(bench: Bench): Promise<{ readonly of: TwinRef; readonly trace_id: string }> {
  const of = await eagerTwin(bench);
  const trace_id = unique('taken');
  await bench.castOne(of, { trace_id });
  await bench.complete(of, await bench.claim(of));
  assert.equal(await bench.pending(of), 0);
  return { of, trace_id };
}

/** The rows of a twin's ledger, in their order. */
export const ledgerOf = ({ database }: Bench, { id }: TwinRef) =>
  database.db.execute<{ seq: number; score: number; replaces_seq: number | null; event_type: string }>(sql`
    select seq::int, score, replaces_seq::int, event_type from persona_training_events
    where twin_id = ${id} order by seq`);

/** The commands on a database of their own, without Temporal. */
export async function openBench(defaults: LearningDefaults = DEFAULTS, openJobsPerTenant = 1_000): Promise<Bench> {
  const created = await createTestDatabase();
  const database = openDatabase(created.url, { max: BENCH_CONNECTIONS });
  const { db } = database;
  for (const id of [TENANT, 'theirs']) await db.execute(sql`insert into tenants (id, name) values (${id}, ${id})`);

  const bench: Bench = {
    database,
    url: created.url,
    async twin({ spec = true, tenant = TENANT, policy } = {}) {
      const ref = { id: unique('twin'), tenant_id: tenant };
      const first = spec ? { spec: starterPersona } : undefined;
      assert.equal(await createTwin(database, ref, 'key:owner', { name: 'Mara', policy, first }), 'created');
      return ref;
    },
    state: (twin) => readTwinState(db, twin.id),
    cast: (twin, votes, learn) =>
      recordVotes(
        database,
        votes.map((said) => vote(twin, said)),
        defaults,
        learn,
      ),
    async castOne(twin, said = {}) {
      const [result] = await bench.cast(twin, [said]);
      assert.ok(result?.status === 'stored', JSON.stringify(result));
      return result;
    },
    retract: ({ id, tenant_id }, trace_id, rater_id = 'rater') =>
      retractVote(database, { tenant_id, twin_id: id, trace_id, message_id: '', rater_id }),
    pending: async (twin) => (await bench.state(twin)).pending_events,
    plan: (twin) => planTwin(database, { twinId: twin.id, source: 'feedback_event' }, { defaults, openJobsPerTenant }),
    async claim(twin) {
      const plan = await bench.plan(twin);
      assert.ok(plan.kind === 'run', JSON.stringify(plan));
      return plan.jobId;
    },
    async fail(twin, jobId) {
      // What needs a worker's Temporal is not used by this one.
      const deps = { database, defaults } as ActivityDeps;
      await failJob(deps, { twinId: twin.id, jobId, step: 'learn', failureType: 'TimeoutFailure' });
    },
    async complete(twin, jobId) {
      await db.transaction(async (tx) => {
        await tx.execute(
          sql`update jobs set status = 'complete', step = 'done', completed_at = now() where id = ${jobId}`,
        );
        await tx.execute(sql`update persona_feedback_learning_runs
          set status = 'completed', publish_decision = 'no_candidate', completed_at = now() where job_id = ${jobId}`);
        await tx.execute(sql`update twin_state
          set open_job_id = null, failures = 0, backoff_until = null where twin_id = ${twin.id}`);
      });
    },
    async close() {
      await database.close();
      await created.drop();
    },
  };
  return bench;
}
