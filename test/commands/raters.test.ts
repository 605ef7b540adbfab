import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { previewRaterRemoval } from '../../src/commands/preview-rater-removal.ts';
import { approveSpec } from '../../src/commands/publish-spec.ts';
import { removeRater } from '../../src/commands/remove-rater.ts';
import { readRuleEvidence } from '../../src/commands/rule-evidence.ts';
import { readTenantEvidence } from '../../src/commands/tenant-evidence.ts';
import { describeNow } from '../../src/db/snapshots.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { fitTenant } from '../../src/learning/fit.ts';
import { propose } from '../../src/learning/learn.ts';
import type { Proposals } from '../../src/learning/types.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { moduleHash } from '../../src/persona/hash.ts';
import { summarizeOperation } from '../../src/persona/manifest-summary.ts';
import { holdCandidate } from '../support/candidate.ts';
import { assertInvariants } from '../support/invariants.ts';
import { openBench, unique, type Bench, type Cast } from './support.ts';

const MODULES = ['factual.cite', 'factual.disclose_uncertainty'].map((id) => {
  const module = starterPersona.procedural_modules.find((one) => one.id === id);
  assert.ok(module !== undefined);
  return { id, hash: moduleHash(module) };
});
const TROLL = 'troll';
const votes = (rater_id: string, count: number, score: 1 | -1, said: Cast = {}): Cast[] =>
  Array.from({ length: count }, () => ({ rater_id, score, modules: MODULES.slice(0, 1), ...said }));

describe('removing a rater', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  const twin = () => bench.twin({ tenant: 'ours', policy: { min_events: 1, cooldown_minutes: 0 } });
  const remove = (of: TwinRef, rater = TROLL) => removeRater(bench.database, of, rater, 'key:owner');
  const preview = (of: TwinRef, rater = TROLL) => previewRaterRemoval(bench.database, of, rater);
  const audits = (of: TwinRef) =>
    bench.database.db.execute<{ detail: unknown }>(
      sql`select detail from audit_log where twin_id = ${of.id} and action = 'rater.remove'`,
    );
  const ledgerSize = async (of: TwinRef) => (await bench.state(of)).last_seq;

  /** What learning makes of the whole ledger as it is, at a given instant. */
  async function learnAt(of: TwinRef, as_of: Date): Promise<Proposals> {
    const { db } = bench.database;
    const snapshot = { ...(await describeNow(db, of.tenant_id)), as_of };
    const { events, options } = await readTenantEvidence(db, snapshot);
    const { rules } = await readRuleEvidence(db, snapshot, of.id);
    return propose(fitTenant(events, options), { twin_id: of.id, active: starterPersona, vetoes: [], rules });
  }

  it('takes back every vote that stands, of that rater and that twin only, whatever its context or source', async () => {
    const [of, other] = [await twin(), await twin()];
    const replaced = unique('trace');
    await bench.cast(of, [
      ...votes(TROLL, 3, -1),
      ...votes(TROLL, 1, 1, { interaction_context: 'public_widget', channel: 'public' }),
      ...votes(TROLL, 1, -1, { source: 'persona_audit', event_id: unique('judge') }),
      ...votes(TROLL, 1, -1, { trace_id: replaced }),
      ...votes(TROLL, 1, 1, { trace_id: replaced }),
      ...votes('ann', 2, 1),
    ]);
    await bench.cast(other, votes(TROLL, 2, 1));
    assert.deepEqual(await preview(of), { retracted: 6, pending_events: 2, no_longer_proposed: [] });
    assert.equal(await ledgerSize(of), 9, 'a preview writes nothing');

    assert.deepEqual(await remove(of), { retracted: 6, pending_events: 2 });
    assert.equal(await bench.pending(of), 2);
    assert.equal(await ledgerSize(of), 15);
    assert.equal(await bench.pending(other), 2);
    const standing = await bench.database.db.execute<{ rater_id: string }>(sql`
      select rater_id from persona_training_events e where twin_id = ${of.id} and score <> 0 and not exists (
        select from persona_training_events l where l.twin_id = e.twin_id and l.vote_key = e.vote_key and l.seq > e.seq)`);
    assert.deepEqual(
      standing.map((row) => row.rater_id),
      ['ann', 'ann'],
    );
    const [audit, ...more] = await audits(of);
    assert.equal(more.length, 0);
    assert.ok(!JSON.stringify(audit).includes(TROLL));
    assert.match(JSON.stringify(audit), /"rater":"[0-9a-f]{64}"/);
  });

  it('again is nothing: no row, no audit', async () => {
    const of = await twin();
    await bench.cast(of, votes(TROLL, 2, -1));
    await remove(of);
    const size = await ledgerSize(of);
    assert.deepEqual(await remove(of), { retracted: 0, pending_events: 0 });
    assert.deepEqual(await preview(of), { retracted: 0, pending_events: 0, no_longer_proposed: [] });
    assert.equal(await ledgerSize(of), size);
    assert.equal((await audits(of)).length, 1);
  });

  it('votes that a run took are pending again, as retractions to learn from', async () => {
    const of = await twin();
    await bench.cast(of, [...votes(TROLL, 4, -1), ...votes('ann', 1, 1)]);
    await bench.complete(of, await bench.claim(of));
    assert.equal(await bench.pending(of), 0);
    assert.deepEqual(await remove(of), { retracted: 4, pending_events: 4 });
  });

  it('takes thousands of votes back in one transaction', async () => {
    const of = await twin();
    await bench.cast(of, votes(TROLL, 2_500, -1));
    assert.deepEqual(await remove(of), { retracted: 2_500, pending_events: 0 });
  });

  it('knows no twin of another tenant', async () => {
    const of = await twin();
    await bench.cast(of, votes(TROLL, 1, -1));
    const foreign = { ...of, tenant_id: 'theirs' };
    assert.deepEqual([await remove(foreign), await preview(foreign)], [undefined, undefined]);
    assert.equal(await bench.pending(of), 1);
  });

  it('learning gives what it gave before the rater came, to the last digit', async () => {
    const of = await twin();
    const crowd = ['ann', 'bob', 'cid', 'dee'];
    await bench.cast(
      of,
      crowd.flatMap((rater) => [
        ...votes(rater, 6, 1),
        ...votes(rater, 5, -1, { modules: MODULES.slice(1) }),
        ...votes(rater, 1, -1),
      ]),
    );
    const { as_of } = await describeNow(bench.database.db, of.tenant_id);
    const never = await learnAt(of, as_of);
    assert.ok(never.operations.length > 0, 'the crowd speaks for something');
    await bench.cast(of, votes(TROLL, 40, -1, { modules: MODULES }));
    assert.notDeepEqual(await learnAt(of, as_of), never, 'the rater makes a difference');
    await remove(of);
    assert.deepEqual(await learnAt(of, as_of), never);
  });

  it('a preview names the learned operations of the live spec that rested on the rater', async () => {
    const of = await twin();
    await bench.cast(of, [
      ...votes(TROLL, 60, -1),
      ...['ann', 'bob', 'cid', 'dee', 'eve', 'fay'].flatMap((rater) =>
        votes(rater, 8, -1, { modules: MODULES.slice(1) }),
      ),
    ]);
    const { as_of } = await describeNow(bench.database.db, of.tenant_id);
    const { operations } = await learnAt(of, as_of);
    const onCite = operations.filter(({ path }) => path.includes('factual.cite'));
    assert.ok(onCite.length > 0 && onCite.length < operations.length, JSON.stringify(operations));
    const { version } = await holdCandidate(bench.database, of.id, { operations: () => [...operations] });
    const approved = await approveSpec(bench.database, of, version, 'key:owner', {});
    assert.equal(approved.status, 'published', JSON.stringify(approved));
    const { no_longer_proposed } = (await preview(of)) ?? {};
    assert.deepEqual(
      no_longer_proposed,
      onCite.map((operation) => ({ version, operation, summary: summarizeOperation(operation) })),
    );
    assert.deepEqual((await preview(of, 'ann'))?.no_longer_proposed, [], 'one of six like voters is not missed');
  });

  it('a preview names the rules that rested on what the rater complained of', async () => {
    const of = await twin();
    const complaining = (rater: string, count: number, reason: string) =>
      votes(rater, count, -1, { modules: [], reason });
    await bench.cast(of, [
      ...complaining(TROLL, 3, 'off_topic'),
      ...['ann', 'bob'].flatMap((rater) => [
        ...complaining(rater, 1, 'off_topic'),
        ...complaining(rater, 2, 'incomplete'),
      ]),
      ...complaining('cid', 2, 'incomplete'),
    ]);
    const { as_of } = await describeNow(bench.database.db, of.tenant_id);
    const { operations } = await learnAt(of, as_of);
    const complaints = operations.map(({ evidence }) => evidence?.complaint);
    assert.deepEqual(new Set(complaints), new Set(['incomplete', 'off_topic']), JSON.stringify(operations));
    const { version } = await holdCandidate(bench.database, of.id, { operations: () => [...operations] });
    assert.equal((await approveSpec(bench.database, of, version, 'key:owner', {})).status, 'published');
    const complaintsLost = async (rater: string) =>
      (await preview(of, rater))?.no_longer_proposed.map(({ operation }) => operation.evidence?.complaint);
    assert.deepEqual(await complaintsLost(TROLL), ['off_topic']);
    assert.deepEqual(await complaintsLost('cid'), ['incomplete']);
    assert.deepEqual(await complaintsLost('dee'), []);
  });
});
