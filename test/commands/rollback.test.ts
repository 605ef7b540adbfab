import assert from 'node:assert/strict';
import { createSpec } from '../../src/commands/create-spec.ts';
import { approveSpec, publishSpec } from '../../src/commands/publish-spec.ts';
import { rollbackSpec, type RollbackRequest } from '../../src/commands/rollback-spec.ts';
import { readVetoes } from '../../src/db/learning-facts.ts';
import { readActiveSpec, readSpecRow, type SpecRow } from '../../src/db/spec-writes.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { holdCandidate, narrowerBand } from '../support/candidate.ts';
import { assertInvariants } from '../support/invariants.ts';
import { openBench, type Bench } from './support.ts';

describe('rollback', () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  const rollback = (twin: TwinRef, request: RollbackRequest = {}) =>
    rollbackSpec(bench.database, twin, 'key:owner', request);
  const rolledBack = async (twin: TwinRef, request: RollbackRequest = {}) => {
    const result = await rollback(twin, request);
    assert.ok(result.status === 'rolled_back', JSON.stringify(result));
    return { ...result, restores: result.spec.restores_version, words: wordsOf(result.spec) };
  };
  const wordsOf = (spec: SpecRow) => spec.spec.deterministic_rules.length_bands['factual_with_evidence']?.max_words;
  const learned = async (twin: TwinRef, words: number) => {
    const operations = (spec: SpecRow['spec']) => [narrowerBand(spec, words)];
    const { version } = await holdCandidate(bench.database, twin.id, { operations });
    assert.equal((await approveSpec(bench.database, twin, version, 'key:owner', {})).status, 'published');
    return version;
  };
  const owners = async (twin: TwinRef) => {
    const active = (await readActiveSpec(bench.database.db, twin.id))!.spec;
    const draft = await createSpec(bench.database, twin, 'key:owner', {
      spec: { ...active, metadata: { draft: 'x' } },
    });
    assert.equal((await publishSpec(bench.database, twin, draft!.version, 'key:owner', {})).status, 'published');
    return draft!.version;
  };
  const vetoed = async (twin: TwinRef) => (await readVetoes(bench.database.db, twin.id)).map((veto) => veto.version);

  it('publishes the parent again as a new patch, says why, and vetoes what was learned since', async () => {
    const twin = await bench.twin();
    await learned(twin, 210);
    const { spec, undone, restores, words } = await rolledBack(twin, { reason: 'worse' });
    assert.deepEqual(
      [spec.version, spec.origin, spec.status, restores, words],
      ['1.0.2', 'rollback', 'active', '1.0.0', 220],
    );
    assert.deepEqual([undone, spec.reason, spec.parent_version], [['1.0.1'], 'worse', '1.0.1']);
    const first = await readSpecRow(bench.database.db, twin.id, '1.0.0');
    assert.equal(spec.content_hash, first?.content_hash);
    assert.deepEqual(await vetoed(twin), ['1.0.1']);
    assert.equal((await bench.state(twin)).active_version, '1.0.2');
  });

  it('twice goes further back, through rollbacks, under numbers never used before', async () => {
    const twin = await bench.twin();
    for (const words of [215, 210, 205]) await learned(twin, words);
    const steps = [await rolledBack(twin), await rolledBack(twin), await rolledBack(twin)];
    assert.deepEqual(
      steps.map(({ spec, restores, undone, words }) => [spec.version, restores, undone, words]),
      [
        ['1.0.4', '1.0.2', ['1.0.3'], 210],
        ['1.0.5', '1.0.1', ['1.0.2'], 215],
        ['1.0.6', '1.0.0', ['1.0.1'], 220],
      ],
    );
    const end = await rollback(twin);
    assert.ok(end.status === 'nothing_to_roll_back' && end.detail.includes('to_version'));
    assert.equal(await learned(twin, 214), '1.0.7');
    assert.deepEqual((await rolledBack(twin)).restores, '1.0.0', 'what was learned on a rollback goes back to it');
  });

  it('to a version further back undoes all between, but vetoes only what was learned', async () => {
    const twin = await bench.twin();
    await learned(twin, 215);
    const minor = await owners(twin);
    await learned(twin, 210);
    const { spec, undone } = await rolledBack(twin, { to_version: '1.0.0' });
    assert.deepEqual(undone, ['1.1.1', minor, '1.0.1']);
    assert.equal(spec.version, '1.1.2', 'above the live one');
    assert.deepEqual(await vetoed(twin), ['1.1.1', '1.0.1']);
  });

  it('forward again undoes nothing, and vetoes nothing that is live then', async () => {
    const twin = await bench.twin();
    await learned(twin, 215);
    await learned(twin, 210);
    await rolledBack(twin);
    const { undone, words } = await rolledBack(twin, { to_version: '1.0.2' });
    assert.deepEqual([undone, words], [[], 210]);
    assert.deepEqual(await vetoed(twin), ['1.0.2'], 'of the first rollback');
    assert.deepEqual((await rolledBack(twin)).restores, '1.0.1');
  });

  it('to a rollback stands for what that restored', async () => {
    const twin = await bench.twin();
    await learned(twin, 215);
    const first = await rolledBack(twin);
    await learned(twin, 214);
    const again = await rolledBack(twin, { to_version: first.spec.version });
    assert.deepEqual([again.restores, again.undone, again.words], ['1.0.0', ['1.0.3'], 220]);
  });

  it('is refused where the live version has moved, or the target never was live', async () => {
    const twin = await bench.twin();
    assert.equal((await rollback(await bench.twin({ spec: false }))).status, 'nothing_to_roll_back');
    assert.equal((await rollback(twin)).status, 'nothing_to_roll_back');
    const { version } = await holdCandidate(bench.database, twin.id);
    const unseen = await rollback(twin, { to_version: version });
    assert.ok(unseen.status === 'nothing_to_roll_back' && unseen.detail.includes('never live'));
    const live = await rollback(twin, { to_version: '1.0.0' });
    assert.ok(live.status === 'nothing_to_roll_back' && live.detail.includes('live already'));
    await learned(twin, 190).catch(() => approveSpec(bench.database, twin, version, 'key:owner', {}));
    const moved = await rollback(twin, { expected_active_version: '1.0.0' });
    assert.deepEqual(moved, { status: 'active_moved', active_version: version });
    assert.deepEqual(await rollback(twin, { to_version: '9.9.9' }), { status: 'not_found' });
    assert.deepEqual(await rollback({ ...twin, tenant_id: 'theirs' }), { status: 'not_found' });
  });

  it('of two at once that expect the same version one wins', async () => {
    const twin = await bench.twin();
    await learned(twin, 215);
    await learned(twin, 210);
    const both = await Promise.all([0, 1].map(() => rollback(twin, { expected_active_version: '1.0.2' })));
    assert.deepEqual(both.map((one) => one.status).toSorted(), ['active_moved', 'rolled_back']);
  });

  it('supersedes the held candidate', async () => {
    const twin = await bench.twin();
    await learned(twin, 215);
    const held = await holdCandidate(bench.database, twin.id);
    await rolledBack(twin);
    assert.equal((await readSpecRow(bench.database.db, twin.id, held.version))?.review, 'superseded');
  });
});
