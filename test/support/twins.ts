import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import { asc, eq } from 'drizzle-orm';
import { createTwin } from '../../src/commands/create-twin.ts';
import { readLearning, type LearningView } from '../../src/commands/learning-view.ts';
import { changePolicy, type PolicyChange } from '../../src/commands/policy.ts';
import { recordVotes } from '../../src/commands/record-votes.ts';
import type { NewVote } from '../../src/commands/vote.ts';
import type { JobRow, RunRow } from '../../src/db/open-jobs.ts';
import { jobs, jobLogs } from '../../src/db/schema/jobs.ts';
import { learningRuns } from '../../src/db/schema/learning.ts';
import { tenants } from '../../src/db/schema/tenancy.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { moduleHash } from '../../src/persona/hash.ts';
import { toIntent } from '../../src/persona/intents.ts';
import type { PersonaSpec } from '../../src/persona/spec.ts';
import { twinWorkflowId } from '../../src/workflows/contract.ts';
import { eventually, freshId, type TestSystem } from './system.ts';

/** Votes enough for the learner to archive the module they are against, by enough people. */
export const DECISIVE = 80;
const RATERS = 20;
export const OWNER = 'key:owner';

interface Votes {
  readonly count?: number;
  /** A module of the starter persona: every other answer has it, and is disliked. Null: answers of no known module. */
  readonly against?: string | null;
  readonly comment?: string;
}

export interface TwinOptions {
  readonly name?: string;
  readonly tenant?: string;
  /** Null: no persona yet. */
  readonly spec?: PersonaSpec | null;
  readonly policy?: PolicyChange;
}

/** A twin and what tests do with it; nothing here pokes unless it says so. */
export interface TestTwin {
  readonly ref: TwinRef;
  readonly workflow: WorkflowHandle;
  /** Stores votes against a module, each on a trace of its own; returns the traces. */
  vote(votes?: Votes): Promise<string[]>;
  /** What a POST of votes does: stores them, then pokes. */
  capture(votes?: Votes): Promise<void>;
  /** Wakes the loop as a command does. */
  changed(): Promise<void>;
  changePolicy(change: PolicyChange): Promise<void>;
  learning(): Promise<LearningView>;
  /** Oldest first. */
  runs(): Promise<RunRow[]>;
  /** Oldest first. */
  jobs(): Promise<JobRow[]>;
  logs(jobId: string): Promise<string[]>;
  /** Waits until `count` runs have ended; the last of them. */
  ended(count?: number, ms?: number): Promise<RunRow>;
  /** Waits until the workflow waits, with a timer or without. */
  waiting(): Promise<{ readonly until: string | null }>;
}

/** A twin with the starter persona. The tenant is made when it is missing. */
export async function addTwin(system: TestSystem, options: TwinOptions = {}): Promise<TestTwin> {
  const { database, defaults, client, control } = system;
  const { name = 'twin', tenant = 't', spec = starterPersona, policy } = options;
  const ref: TwinRef = { id: freshId(name), tenant_id: tenant };
  await database.db.insert(tenants).values({ id: tenant, name: tenant }).onConflictDoNothing();
  const made = await createTwin(database, ref, OWNER, {
    name,
    ...(policy === undefined ? {} : { policy }),
    ...(spec === null ? {} : { first: { spec } }),
  });
  assert.equal(made, 'created');
  const workflow = client.workflow.getHandle(twinWorkflowId(ref.id));
  let cast = 0;

  const twin: TestTwin = {
    ref,
    workflow,
    async vote({ count = DECISIVE, against = 'factual.background_first', comment } = {}) {
      const votes = Array.from({ length: count }, (_, n) => voteOn(ref, cast + n, against, comment ?? null));
      cast += count;
      const results = await recordVotes(database, votes, defaults);
      for (const { status } of results) assert.equal(status, 'stored');
      return votes.map((vote) => vote.trace_id);
    },
    async capture(votes) {
      await twin.vote(votes);
      assert.ok(await control.poke(ref, 'feedbackCaptured', 'feedback_event'));
    },
    async changed() {
      assert.ok(await control.poke(ref, 'stateChanged'));
    },
    async changePolicy(change) {
      assert.ok(await changePolicy(database, ref, OWNER, change, defaults));
      await twin.changed();
    },
    async learning() {
      return (await readLearning(database, ref.id, defaults)) ?? assert.fail(`twin ${ref.id} is gone`);
    },
    runs: () =>
      database.db
        .select()
        .from(learningRuns)
        .where(eq(learningRuns.twin_id, ref.id))
        .orderBy(asc(learningRuns.created_at)),
    jobs: () => database.db.select().from(jobs).where(eq(jobs.twin_id, ref.id)).orderBy(asc(jobs.created_at)),
    async logs(jobId) {
      const rows = await database.db.select().from(jobLogs).where(eq(jobLogs.job_id, jobId)).orderBy(asc(jobLogs.id));
      return rows.map((row) => row.message);
    },
    ended: (count = 1, ms = 20_000) =>
      eventually(
        `${count} ended runs of ${ref.id}`,
        async () => (await twin.runs()).filter((run) => run.completed_at !== null)[count - 1],
        ms,
      ),
    waiting: () =>
      eventually(`${ref.id} waiting`, async () => {
        const { phase, until } = await workflow.query<{ phase: string; until: string | null }>('learningState');
        return phase === 'waiting' && { until };
      }),
  };
  return twin;
}

function voteOn(ref: TwinRef, index: number, against: string | null, comment: string | null): NewVote {
  const disliked = index % 2 === 0;
  const about = starterPersona.procedural_modules.find((one) => one.id === against);
  return {
    tenant_id: ref.tenant_id,
    twin_id: ref.id,
    trace_id: `trace-${index}`,
    message_id: '',
    rater_id: `rater-${index % RATERS}`,
    event_id: `event-${index}`,
    score: disliked ? -1 : 1,
    reason: null,
    comment,
    query: comment,
    answer: comment,
    conversation_id: null,
    intent_label: toIntent(about?.intent_labels[0]),
    interaction_context: 'owner_chat',
    channel: 'owner',
    spec_version: '1.0.0',
    modules: about !== undefined && disliked ? [{ id: about.id, hash: moduleHash(about) }] : [],
    occurred_at: null,
    source: 'feedback',
  };
}
