import assert from 'node:assert/strict';
import { createSpec } from '../../src/commands/create-spec.ts';
import { createTwin } from '../../src/commands/create-twin.ts';
import { publishSpec, type OwnerConsent } from '../../src/commands/publish-spec.ts';
import { listAudit } from '../../src/db/audit-list.ts';
import { readActiveSpec, readSpecRow } from '../../src/db/spec-writes.ts';
import type { TwinRef } from '../../src/db/twin-ref.ts';
import { addCase } from '../../src/db/regression-cases.ts';
import { regressionCaseSchema } from '../../src/gate/types.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import type { PersonaSpec } from '../../src/persona/spec.ts';
import { holdCandidate } from '../support/candidate.ts';
import { assertInvariants } from '../support/invariants.ts';
import { openBench, unique, type Bench } from './support.ts';

/** The starter persona with a change that the gate has nothing against. */
const renamed = (): PersonaSpec => ({ ...starterPersona, metadata: { notes: unique('draft') } });
const withoutClause = (): PersonaSpec => ({ ...starterPersona, constitution: starterPersona.constitution.slice(1) });

describe("the owner's specs", () => {
  let bench: Bench;
  before(async () => {
    bench = await openBench();
  });
  after(() => bench.close());
  afterEach(() => assertInvariants(bench));

  const create = async (twin: TwinRef, spec = renamed(), bump?: 'patch' | 'minor' | 'major') =>
    (await createSpec(bench.database, twin, 'key:owner', { spec, bump }))!;
  const publish = (twin: TwinRef, version: string, consent: OwnerConsent = {}) =>
    publishSpec(bench.database, twin, version, 'key:owner', consent);
  const read = async (twin: TwinRef, version: string) => (await readSpecRow(bench.database.db, twin.id, version))!;
  const actions = async (twin: TwinRef) =>
    (await listAudit(bench.database.db, { twin_id: twin.id, tenant_id: twin.tenant_id }, { limit: 50 })).items
      .map((entry) => entry.action)
      .toReversed();

  it('the first is live at once, as 1.0.0, and says why it has no report', async () => {
    const twin = await bench.twin({ spec: false });
    const spec = await create(twin, { ...starterPersona, version: '7.7.7' });
    assert.deepEqual(
      [spec.version, spec.spec.version, spec.status, spec.published_by, spec.gate_report],
      ['1.0.0', '1.0.0', 'active', 'key:owner', null],
    );
    assert.match(spec.reason!, /first spec/);
    assert.equal((await bench.state(twin)).active_version, '1.0.0');
    assert.deepEqual(await actions(twin), ['twin.create', 'spec.create']);
  });

  it('a later one is a draft under the next free number, with its parent and what it changes', async () => {
    const twin = await bench.twin();
    const spec = await create(twin);
    assert.deepEqual(
      [spec.version, spec.status, spec.parent_version, spec.manifest.map(({ path }) => path)],
      ['1.1.0', 'draft', '1.0.0', ['/metadata/notes']],
    );
    const numbers = [
      await create(twin),
      await create(twin, renamed(), 'patch'),
      await create(twin, renamed(), 'major'),
    ];
    assert.deepEqual(
      numbers.map((one) => one.version),
      ['1.2.0', '1.0.1', '2.0.0'],
    );
  });

  it('20 at once get 20 numbers', async () => {
    const twin = await bench.twin();
    const specs = await Promise.all(Array.from({ length: 20 }, () => create(twin)));
    const minors = specs.map((one) => Number(one.version.split('.')[1])).sort((a, b) => a - b);
    assert.deepEqual(
      minors,
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
  });

  it('20 first ones at once are one live spec and 19 drafts', async () => {
    const twin = await bench.twin({ spec: false });
    const specs = await Promise.all(Array.from({ length: 20 }, () => create(twin)));
    assert.equal(specs.filter((one) => one.status === 'active').length, 1);
  });

  it('a twin id is given away once, with all or nothing', async () => {
    const ref = { id: unique('twin'), tenant_id: 'ours' };
    const made = await Promise.all(
      Array.from({ length: 5 }, () =>
        createTwin(bench.database, ref, 'key:owner', { name: 'n', first: { spec: renamed() } }),
      ),
    );
    assert.deepEqual(made.toSorted(), ['created', 'taken', 'taken', 'taken', 'taken']);
    assert.equal(await createTwin(bench.database, { ...ref, tenant_id: 'theirs' }, 'key:x', { name: 'n' }), 'taken');
  });

  it('a stranger cannot create, and an unknown version cannot be published', async () => {
    const twin = await bench.twin();
    assert.equal(
      await createSpec(bench.database, { ...twin, tenant_id: 'theirs' }, 'key:x', { spec: renamed() }),
      undefined,
    );
    assert.deepEqual(await publish(twin, '9.9.9'), { status: 'not_found' });
    const draft = await create(twin);
    assert.deepEqual(await publish({ ...twin, tenant_id: 'theirs' }, draft.version), { status: 'not_found' });
  });

  it('publishing is one switch, with a report for its content, and again is nothing', async () => {
    const twin = await bench.twin();
    const draft = await create(twin);
    const result = await publish(twin, draft.version);
    assert.ok(result.status === 'published');
    assert.deepEqual([result.spec.status, result.spec.published_by], ['active', 'key:owner']);
    assert.equal(result.spec.gate_report?.candidate_hash, draft.content_hash);
    const skipped = result.spec.gate_report?.checks
      .filter((check) => check.status === 'skipped')
      .map(({ name }) => name);
    assert.ok(skipped?.includes('lineage') && skipped.includes('provenance'));
    assert.equal((await read(twin, '1.0.0')).status, 'archived');
    assert.equal((await bench.state(twin)).active_version, draft.version);
    assert.equal((await publish(twin, draft.version)).status, 'published');
    assert.deepEqual(await actions(twin), ['twin.create', 'spec.create', 'spec.create', 'spec.publish']);
    const old = await publish(twin, '1.0.0');
    assert.ok(old.status === 'not_publishable' && old.detail.includes('rollback'));
  });

  it('supersedes the held candidate', async () => {
    const twin = await bench.twin();
    const held = await holdCandidate(bench.database, twin.id);
    await publish(twin, (await create(twin)).version);
    const after = await read(twin, held.version);
    assert.deepEqual([after.review, after.status], ['superseded', 'archived']);
  });

  it('one that drops a clause of the constitution needs the owner to name it', async () => {
    const twin = await bench.twin();
    const draft = await create(twin, withoutClause());
    for (const acknowledge of [undefined, [], ['protected']]) {
      const refused = await publish(twin, draft.version, { acknowledge, reason: 'r' });
      assert.ok(refused.status === 'gate_failed');
      assert.ok(refused.missing.includes('constitution'), refused.missing.join());
      assert.equal(refused.report.candidate_hash, draft.content_hash);
    }
    assert.equal((await readActiveSpec(bench.database.db, twin.id))?.version, '1.0.0');
    const refused = await publish(twin, draft.version);
    const acknowledge = refused.status === 'gate_failed' ? [...refused.missing] : [];
    const result = await publish(twin, draft.version, { acknowledge });
    assert.ok(result.status === 'published');
    assert.deepEqual(result.spec.acknowledged, acknowledge);
    assert.match(result.spec.reason!, /verdict was fail \(.*constitution/);
    const [entry] = (await listAudit(bench.database.db, { twin_id: twin.id, tenant_id: twin.tenant_id }, { limit: 1 }))
      .items;
    assert.deepEqual([entry?.action, entry?.detail['acknowledged']], ['spec.publish', acknowledge]);
  });

  it("fails a draft on the twin's own case", async () => {
    const twin = await bench.twin();
    const draft = await create(twin, {
      ...starterPersona,
      identity_voice: { ...starterPersona.identity_voice, name: 'Nobody' },
    });
    const plan = { includes: ['Mara Lindqvist'] };
    const body = regressionCaseSchema.parse({
      id: 'name',
      intent_label: 'meta_or_system',
      query: 'Who are you?',
      plan,
    });
    await addCase(bench.database, twin, 'key:owner', body);
    const refused = await publish(twin, draft.version);
    assert.ok(refused.status === 'gate_failed' && refused.missing.includes('golden'), JSON.stringify(refused));
  });

  it('of two published at once one wins; the other was compared with what is not live any more', async () => {
    const twin = await bench.twin();
    const drafts = [await create(twin), await create(twin)];
    const results = await Promise.all(drafts.map((draft) => publish(twin, draft.version)));
    assert.deepEqual(results.map((one) => one.status).toSorted(), ['parent_changed', 'published']);
    const winner = results.find((one) => one.status === 'published');
    const loser = results.find((one) => one.status === 'parent_changed');
    assert.equal(loser?.active_version, winner?.spec.version);
  });

  it('no learned version goes this way', async () => {
    const twin = await bench.twin();
    for (const row of [{}, { review: null }, { review: 'rejected', status: 'archived' }] as const) {
      const learned = await holdCandidate(bench.database, twin.id, { row });
      const all = { acknowledge: ['constitution', 'golden'], reason: 'r' };
      assert.equal((await publish(twin, learned.version, all)).status, 'not_publishable');
    }
  });
});
