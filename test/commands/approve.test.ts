import assert from 'node:assert/strict';
import { sql } from 'drizzle-orm';
import { createSpec } from '../../src/commands/create-spec.ts';
import { approveSpec, publishSpec, type OwnerConsent } from '../../src/commands/publish-spec.ts';
import { rejectSpec } from '../../src/commands/reject-spec.ts';
import { rollbackSpec } from '../../src/commands/rollback-spec.ts';
import { clearVeto } from '../../src/commands/policy.ts';
import { listAudit } from '../../src/db/audit-list.ts';
import { readVetoes } from '../../src/db/learning-facts.ts';
import { addCase, removeCase } from '../../src/db/regression-cases.ts';
import { readSpecRow, supersedeHeld } from '../../src/db/spec-writes.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { regressionCaseSchema, type CheckResult } from '../../src/gate/types.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { holdCandidate, type CandidateOptions } from '../support/candidate.ts';
import { assertInvariants } from '../support/invariants.ts';
import { openBench, type Bench } from './support.ts';

const check = (name: CheckResult['name'], status: CheckResult['status']): CheckResult => ({
  name,
  status,
  detail: '.',
});
const UNDECIDED: CandidateOptions = {
  verdict: 'inconclusive',
  checks: [check('replay_liked', 'inconclusive'), check('constitution', 'pass')],
};

describe('a held candidate', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  const approve = (twin: TwinRef, version: string, consent: OwnerConsent = {}) =>
    approveSpec(bench.database, twin, version, 'key:owner', consent);
  const reject = (twin: TwinRef, version: string) => rejectSpec(bench.database, twin, version, 'key:owner', 'no');
  const hold = (twin: TwinRef, options?: CandidateOptions) => holdCandidate(bench.database, twin.id, options);
  const read = async (twin: TwinRef, version: string) => (await readSpecRow(bench.database.db, twin.id, version))!;
  const ownDraft = async (twin: TwinRef) =>
    (await createSpec(bench.database, twin, 'key:owner', { spec: { ...starterPersona, metadata: {} } }))!.version;

  it('goes live by approval on a pass; again is nothing', async () => {
    const twin = await bench.twin();
    const { version } = await hold(twin);
    const result = await approve(twin, version);
    assert.ok(result.status === 'published');
    assert.deepEqual(
      [result.spec.status, result.spec.review, result.spec.published_by],
      ['active', 'approved', 'key:owner'],
    );
    const state = await bench.state(twin);
    assert.deepEqual([state.active_version, state.last_decision], [version, 'published']);
    assert.equal((await approve(twin, version)).status, 'published');
    const entries = (await listAudit(bench.database.db, { twin_id: twin.id, tenant_id: twin.tenant_id }, { limit: 9 }))
      .items;
    assert.equal(entries.filter((entry) => entry.action === 'spec.approve').length, 1);
  });

  it('that failed the gate goes live by no command, whatever is acknowledged', async () => {
    const twin = await bench.twin();
    const checks = [check('golden', 'fail')];
    const { version } = await hold(twin, { verdict: 'fail', checks });
    const all = { acknowledge: ['golden'], reason: 'I want it' };
    const approved = await approve(twin, version, all);
    assert.ok(approved.status === 'gate_failed');
    assert.deepEqual(approved.missing, ['golden']);
    assert.equal((await publishSpec(bench.database, twin, version, 'key:owner', all)).status, 'not_publishable');
    const rolled = await rollbackSpec(bench.database, twin, 'key:owner', { to_version: version });
    assert.equal(rolled.status, 'nothing_to_roll_back');
    assert.equal((await bench.state(twin)).active_version, '1.0.0');
  });

  it('with a failing verdict stays out, even when the report names no check', async () => {
    const twin = await bench.twin();
    const { version } = await hold(twin, { verdict: 'fail' });
    assert.equal((await approve(twin, version, { reason: 'r' })).status, 'gate_failed');
  });

  it('that is inconclusive needs each open check by name, and a reason', async () => {
    const twin = await bench.twin();
    const { version } = await hold(twin, UNDECIDED);
    const acknowledge = ['replay_liked'];
    for (const consent of [
      {},
      { reason: 'r' },
      { acknowledge },
      { acknowledge, reason: '' },
      { acknowledge: ['golden'], reason: 'r' },
    ]) {
      const refused = await approve(twin, version, consent);
      assert.ok(refused.status === 'gate_failed');
      assert.deepEqual(refused.missing, ['replay_liked']);
    }
    const result = await approve(twin, version, { acknowledge, reason: 'few answers yet' });
    assert.ok(result.status === 'published');
    assert.deepEqual([result.spec.acknowledged, result.spec.reason], [acknowledge, 'few answers yet']);
    const [entry] = (await listAudit(bench.database.db, { twin_id: twin.id, tenant_id: twin.tenant_id }, { limit: 1 }))
      .items;
    const detail = { version, verdict: 'inconclusive', acknowledged: acknowledge, reason: 'few answers yet' };
    assert.deepEqual([entry?.action, entry?.actor, entry?.detail], ['spec.approve', 'key:owner', detail]);
  });

  it('is judged anew when the cases have changed since, and can fail then', async () => {
    const twin = await bench.twin();
    const { version } = await hold(twin, { stale: true });
    const plan = { includes: ['at most 220 words'] };
    const body = regressionCaseSchema.parse({ id: 'long', intent_label: 'factual_with_evidence', query: 'Why?', plan });
    await addCase(bench.database, twin, 'key:owner', body);
    const consent = { acknowledge: ['golden', 'replay_liked'], reason: 'no votes yet to replay' };
    const refused = await approve(twin, version, consent);
    assert.ok(refused.status === 'gate_failed');
    assert.deepEqual(refused.missing, ['golden']);
    const golden = refused.report.checks.find((one) => one.name === 'golden');
    assert.match(golden!.detail, /^1 of 105 .*: long\./);

    await removeCase(bench.database, twin, 'key:owner', 'long');
    const passed = await approve(twin, version, consent);
    assert.ok(passed.status === 'published');
    assert.equal(passed.spec.gate_report?.verdict, 'inconclusive');
    assert.notEqual(passed.spec.gate_report?.case_set_hash, refused.report.case_set_hash);
  });

  it('is the only one: Postgres refuses a second', async () => {
    const twin = await bench.twin();
    const first = await hold(twin);
    await assert.rejects(hold(twin), (error: Error) => String(error.cause).includes('persona_specs_one_held'));
    assert.equal(await bench.database.db.transaction((tx) => supersedeHeld(tx, twin.id, 'another')), first.version);
    assert.equal((await approve(twin, first.version)).status, 'not_publishable', 'a superseded one is over');
    assert.equal((await hold(twin)).version, '1.0.2', 'its number is not used again');
  });

  it('is superseded when its parent is not live any more', async () => {
    const twin = await bench.twin();
    const { version } = await hold(twin);
    await bench.database.db.execute(sql`
      update persona_specs set parent_version = '0.9.0' where twin_id = ${twin.id} and version = ${version}`);
    assert.deepEqual(await approve(twin, version), { status: 'parent_changed', active_version: '1.0.0' });
    assert.equal((await read(twin, version)).review, 'superseded');
    assert.equal((await approve(twin, version)).status, 'not_publishable');
  });

  it('of two approvals at once one wins', async () => {
    const twin = await bench.twin();
    const { version } = await hold(twin);
    const results = await Promise.all([approve(twin, version), approve(twin, version)]);
    assert.ok(results.some((one) => one.status === 'published'));
    assert.ok(results.every((one) => one.status === 'published' || one.status === 'parent_changed'));
    assert.equal((await bench.state(twin)).active_version, version);
  });

  it('approval, rejection and publishing of another at once: one wins, and what lost has left nothing', async () => {
    for (let n = 0; n < 5; n += 1) {
      const twin = await bench.twin();
      const { version } = await hold(twin);
      const draft = await ownDraft(twin);
      const [approved, rejected, published] = await Promise.all([
        approve(twin, version),
        reject(twin, version),
        publishSpec(bench.database, twin, draft, 'key:owner', {}),
      ]);
      const after = await read(twin, version);
      assert.equal(approved.status === 'published', after.review === 'approved');
      assert.equal(rejected.status === 'rejected', after.review === 'rejected');
      const { active_version } = await bench.state(twin);
      assert.equal(active_version === draft, published.status === 'published');
      assert.ok(!(approved.status === 'published' && published.status === 'published'));
      const vetoes = await readVetoes(bench.database.db, twin.id);
      assert.equal(vetoes.length, rejected.status === 'rejected' ? 1 : 0);
    }
  });

  it('rejected: each of its operations is vetoed until the owner clears it', async () => {
    const twin = await bench.twin();
    const { version } = await hold(twin);
    assert.equal(
      (await rejectSpec(bench.database, { ...twin, tenant_id: 'theirs' }, version, 'key:x')).status,
      'not_found',
    );
    const result = await reject(twin, version);
    assert.ok(result.status === 'rejected');
    assert.deepEqual([result.spec.status, result.spec.review, result.spec.reason], ['archived', 'rejected', 'no']);
    const [veto, ...others] = await readVetoes(bench.database.db, twin.id);
    const { op, to, cause, version: of, effective_votes, events } = veto!;
    assert.deepEqual(
      { op, to, cause, of, effective_votes, events },
      { op: 'set', to: 200, cause: 'rejected', of: version, effective_votes: 30, events: 40 },
    );
    assert.equal(others.length, 0);

    assert.equal((await reject(twin, version)).status, 'rejected', 'again is nothing');
    assert.equal((await readVetoes(bench.database.db, twin.id)).length, 1);
    const after = await approve(twin, version);
    assert.ok(after.status === 'not_publishable' && after.detail.includes('rejected'));
    assert.equal((await reject(twin, '1.0.0')).status, 'not_held');
    assert.equal((await reject(twin, '9.9.9')).status, 'not_found');

    assert.equal(await clearVeto(bench.database, twin, 'key:owner', veto!.id), true);
    assert.equal(await clearVeto(bench.database, twin, 'key:owner', veto!.id), false);
    assert.deepEqual(await readVetoes(bench.database.db, twin.id), []);
  });
});
