import assert from 'node:assert/strict';
import fc from 'fast-check';
import { changePolicy } from '../../src/commands/policy.ts';
import { requestRun } from '../../src/commands/request-run.ts';
import { retractVote } from '../../src/commands/retract-vote.ts';
import { voteKey } from '../../src/commands/vote-key.ts';
import { countPending } from '../../src/db/ledger.ts';
import { createSnapshot, readSnapshotEvents } from '../../src/db/snapshots.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { INTERACTION_CONTEXTS, type InteractionContext } from '../../src/db/vocabulary.ts';
import { canonicalVotes, HORIZON_DAYS } from '../../src/learning/canonical.ts';
import { assertInvariants } from '../support/invariants.ts';
import { DEFAULTS, openBench, type Bench } from './support.ts';

const MINUTE_MS = 60_000;

interface Said {
  readonly score: 1 | -1;
  readonly comment: string | null;
  readonly context: InteractionContext;
  /** How long before now the sender says that it was; -4 is within the tolerance for clocks. */
  readonly minutesAgo: number;
}

/** What the commands should do, in memory and without a ledger: who stands, who stood when a run last began. */
class Model {
  stands = new Map<string, Said>();
  taken = new Map<string, Said>();
  changed = new Set<string>();
  trained: readonly InteractionContext[] = ['owner_training', 'owner_chat'];
  /** What the open run began from: it comes back when the run fails. */
  open: Pick<Model, 'taken' | 'changed'> | null = null;

  vote(key: string, said: Said): void {
    const old = this.stands.get(key);
    const same = old !== undefined && this.counts(old) === this.counts(said);
    if (same && old.score === said.score && old.comment === said.comment) return;
    this.stands.set(key, said);
    this.changed.add(key);
  }

  retract(key: string): void {
    if (this.stands.delete(key)) this.changed.add(key);
  }

  claim(): void {
    this.open = { taken: this.taken, changed: this.changed };
    this.taken = new Map(this.stands);
    this.changed = new Set();
  }

  fail(): void {
    if (this.open === null) return;
    this.changed = new Set([...this.open.changed, ...this.changed]);
    this.taken = this.open.taken;
    this.open = null;
  }

  private counts(said: Said | undefined): said is Said {
    return said !== undefined && this.trained.includes(said.context);
  }

  pending(): number {
    return [...this.changed].filter((key) => this.counts(this.stands.get(key)) || this.counts(this.taken.get(key)))
      .length;
  }

  /** Key and score of what the learner sees: a vote over a year old counts for nothing, but has replaced the others. */
  evidence(): string[] {
    const stands = [...this.stands].filter(([, said]) => this.counts(said) && said.minutesAgo < 365 * 1_440);
    return stands.map(([key, said]) => `${key} ${said.score}`).sort();
  }
}

type Step =
  | { do: 'vote'; key: string; said: Said }
  | { do: 'retract'; key: string }
  | { do: 'train'; contexts: InteractionContext[] | null }
  | { do: 'claim' | 'fail' | 'complete' };

const key = fc.constantFrom('a', 'b', 'c');
const anyVote = fc.record({
  do: fc.constant('vote' as const),
  key,
  said: fc.record({
    score: fc.constantFrom(1 as const, -1 as const),
    comment: fc.constantFrom(null, 'c'),
    context: fc.constantFrom('owner_chat' as const, 'owner_chat' as const, 'public_share' as const),
    minutesAgo: fc.constantFrom(0, 1, 60, 3 * 366 * 1_440, -4),
  }),
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: anyVote },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('retract' as const), key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('claim' as const, 'fail' as const, 'complete' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('train' as const),
      contexts: fc.option(fc.subarray([...INTERACTION_CONTEXTS])),
    }),
  },
);

describe('pending_events against a model', function () {
  this.timeout(110_000);
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());

  async function take(twin: TwinRef, model: Model, step: Step): Promise<void> {
    const open = (await bench.state(twin)).open_job_id;
    assert.equal(open !== null, model.open !== null);
    switch (step.do) {
      case 'vote': {
        const { score, comment, context, minutesAgo } = step.said;
        const occurred_at = new Date(Date.now() - minutesAgo * MINUTE_MS);
        const said = { trace_id: step.key, score, comment, interaction_context: context, occurred_at };
        const rows = (await bench.state(twin)).last_seq;
        const { duplicate } = await bench.castOne(twin, said);
        assert.equal((await bench.state(twin)).last_seq - rows, duplicate ? 0 : 1);
        return model.vote(step.key, step.said);
      }
      case 'retract': {
        const of = { tenant_id: twin.tenant_id, twin_id: twin.id, message_id: '', rater_id: 'rater' };
        const done = await retractVote(bench.database, { ...of, trace_id: step.key });
        assert.equal(done, model.stands.has(step.key) ? 'retracted' : 'none');
        return model.retract(step.key);
      }
      case 'train':
        await changePolicy(bench.database, twin, 'key:owner', { train_from: step.contexts }, DEFAULTS);
        model.trained = step.contexts ?? ['owner_training', 'owner_chat'];
        return;
      case 'claim': {
        const request = { request_id: crypto.randomUUID(), force: true, actor: 'key:owner' };
        const { enqueued } = await requestRun(bench.database, twin.id, request, DEFAULTS);
        assert.equal(enqueued, model.open === null);
        if (enqueued) model.claim();
        return;
      }
      case 'fail':
        if (open !== null) await bench.fail(twin, open);
        return model.fail();
      case 'complete':
        if (open !== null) await bench.complete(twin, open);
        model.open = null;
    }
  }

  async function evidence(twin: TwinRef): Promise<string[]> {
    const { db } = bench.database;
    const snapshot = await createSnapshot(db, twin.tenant_id);
    const events = (await readSnapshotEvents(db, snapshot, HORIZON_DAYS)).filter(({ twin_id }) => twin_id === twin.id);
    const rater = { message_id: '', rater_id: 'rater', event_id: null };
    const names = new Map(['a', 'b', 'c'].map((trace_id) => [voteKey({ ...rater, trace_id }), trace_id]));
    const votes = canonicalVotes(events, snapshot.as_of.getTime());
    return votes.map(({ vote_key, score }) => `${names.get(vote_key)} ${score}`).sort();
  }

  it('is what the model says and what its definition counts, after every step; the learner sees what stands', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 25 }), async (steps) => {
        const twin = await bench.twin();
        const model = new Model();
        for (const step of steps) {
          await take(twin, model, step);
          const pending = await bench.pending(twin);
          assert.equal(pending, model.pending(), `after ${JSON.stringify(step)}`);
          assert.equal(pending, (await countPending(bench.database.db, twin.id)).pending_events);
        }
        assert.deepEqual(await evidence(twin), model.evidence());
      }),
      { numRuns: 60, endOnFailure: true },
    );
    await assertInvariants(bench);
  });
});
