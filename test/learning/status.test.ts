import assert from 'node:assert/strict';
import { personaSpecSchema } from '../../src/persona/spec.ts';
import { supportedChange } from '../../src/learning/status.ts';
import { learnFrom, persona, shown, vote, votes } from './support.ts';

/** Forty people like answers without the module: so much for what the twin is worth. */
const FANS = votes(40, 'fan', { modules: ['base'] });
const disliked = (raters: number, each: number, twin = 't') =>
  Array.from({ length: raters }, (_, i) =>
    votes(each, `${twin}-hater-${i}`, { twin, rater: `${twin}-hater-${i}`, score: -1, modules: ['base', 'bad'] }),
  ).flat();

const spec = (status: 'active' | 'draft' | 'archived' = 'active', more: object = {}) =>
  persona([
    { id: 'base', pinned: true },
    { id: 'bad', status, confidence: 0.7, ...more },
  ]);

describe('changes of status', () => {
  it('archives a module that harms, with the evidence that a veto needs', () => {
    const { operations, modules, effective_events } = learnFrom([...FANS, ...disliked(10, 2)], spec());
    assert.deepEqual(shown({ operations, withheld: [], modules, effective_events }), [
      'bad/status active -> archived',
      'bad/confidence 0.7 -> 0.62',
    ]);
    const [{ path, op, evidence }] = operations as [(typeof operations)[number]];
    assert.equal(path, '/procedural_modules/bad/status');
    assert.equal(op, 'set');
    assert.equal(evidence?.statistic, 'p_harm');
    assert.ok(evidence.value! >= 0.95 && evidence.value! <= 1);
    assert.equal(evidence.events, 20);
    assert.equal(evidence.raters, 10);
    // Two votes of a rater weigh 2 / 1.2.
    assert.equal(evidence.effective_votes, Math.round((20 / 1.2) * 1e6) / 1e6);
    assert.match(evidence.events_hash!, /^[0-9a-f]{64}$/);
    assert.equal(effective_events, 60);
    assert.ok(modules.find(({ id }) => id === 'bad')!.watch);
  });

  it('needs 8 effective votes', () => {
    assert.deepEqual(shown(learnFrom([...FANS, ...disliked(7, 1)], spec())), ['bad/confidence 0.7 -> 0.62']);
    assert.equal(shown(learnFrom([...FANS, ...disliked(8, 1)], spec()))[0], 'bad/status active -> archived');
  });

  it('needs 3 human raters: not 2, not the anonymous, not the judge', () => {
    const two = disliked(2, 20);
    const others = (more: object) => votes(20, 'other', { score: -1, modules: ['base', 'bad'], ...more });
    const statuses = (events: Parameters<typeof learnFrom>[0]) =>
      shown(learnFrom(events, spec())).filter((line) => line.includes('status'));
    assert.deepEqual(statuses([...FANS, ...two]), []);
    assert.deepEqual(statuses([...FANS, ...two, ...others({ rater: null })]), []);
    assert.deepEqual(statuses([...FANS, ...two, ...others({ source: 'judge', rater: 'model' })]), []);
    assert.deepEqual(statuses([...FANS, ...disliked(3, 20)]), ['bad/status active -> archived']);
  });

  it('counts each anonymous row of a file as a rater only when told so', () => {
    const rows = votes(20, 'row', { rater: null, score: -1, modules: ['base', 'bad'] });
    const together = learnFrom([...FANS, ...rows], spec());
    assert.ok(!shown(together).some((line) => line.includes('status')));
    assert.deepEqual([together.modules[1]!.human_raters, together.modules[1]!.effective_n < 5], [0, true]);
    const asRaters = learnFrom([...FANS, ...rows], spec(), { anonymous_as_raters: true });
    assert.equal(shown(asRaters)[0], 'bad/status active -> archived');
    assert.equal(asRaters.operations[0]!.evidence!.raters, 20);
  });

  it('activates a draft that people like, and leaves one that few have seen', () => {
    const liked = (n: number) => votes(n, 'friend', { modules: ['base', 'bad'] });
    const others = votes(20, 'meh', { modules: ['base'], score: -1 });
    assert.equal(shown(learnFrom([...others, ...liked(20)], spec('draft')))[0], 'bad/status draft -> active');
    const few = shown(learnFrom([...others, ...liked(5)], spec('draft')));
    assert.ok(!few.some((line) => line.includes('status')));
  });

  it('never touches what is pinned or archived', () => {
    const events = [...FANS, ...disliked(10, 2)];
    assert.deepEqual(learnFrom(events, spec('active', { pinned: true })).operations, []);
    assert.deepEqual(learnFrom(events, spec('archived')).operations, []);
    const loved = votes(40, 'lover', { modules: ['bad'] });
    assert.deepEqual(learnFrom(loved, spec('archived')).operations, []);
  });

  it('holds what depends on one rater of the twin', () => {
    // The troll's votes alone make the module look harmful; the others are of two minds.
    const mixed = [
      ...votes(7, 'mixed-up', { modules: ['base', 'bad'] }),
      ...votes(4, 'mixed-down', { score: -1, modules: ['base', 'bad'] }),
    ];
    const troll = votes(500, 'troll', { rater: 'troll', score: -1, modules: ['base', 'bad'] });
    const { operations, withheld } = learnFrom([...FANS, ...mixed, ...troll], spec());
    assert.deepEqual(
      operations.map(({ path }) => path),
      ['/procedural_modules/bad/confidence'],
    );
    assert.deepEqual(
      withheld.map(({ operation, reason }) => [operation.path, reason]),
      [['/procedural_modules/bad/status', 'single_rater_dependent']],
    );
    assert.deepEqual(learnFrom([...FANS, ...mixed], spec()).withheld, []);
  });

  it('holds what depends on one rater of another twin: pooled effects carry them across', () => {
    const own = [
      ...votes(7, 'own-up', { modules: ['base', 'bad'] }),
      ...votes(4, 'own-down', { score: -1, modules: ['base', 'bad'] }),
    ];
    const supported = (events: Parameters<typeof learnFrom>[0]) => {
      const { operations, withheld } = learnFrom(events, spec());
      return {
        done: operations.some(({ path }) => path.endsWith('/status')),
        held: withheld.some(({ reason }) => reason === 'single_rater_dependent'),
      };
    };
    // One person in twelve other twins, five votes' worth in each.
    const troll = Array.from({ length: 12 }, (_, t) =>
      votes(60, `troll-${t}`, { twin: `other-${t}`, rater: 'troll', score: -1, modules: ['base', 'bad'] }),
    ).flat();
    const calm = votes(60, 'calm', { modules: ['base'] }).map((event, i) => ({ ...event, twin_id: `other-${i % 12}` }));
    const quiet = supported([...FANS, ...own, ...calm]);
    assert.deepEqual(quiet, { done: false, held: false });
    assert.deepEqual(supported([...FANS, ...own, ...calm, ...troll]), { done: false, held: true });
  });

  it('keeps to 3 changes of status and 12 operations, most evidence first', () => {
    const ids = Array.from({ length: 14 }, (_, i) => `m${String(i).padStart(2, '0')}`);
    const events = [
      ...FANS,
      ...FANS.map((event) => ({ ...event, event_id: `again-${event.event_id}`, vote_key: `again-${event.vote_key}` })),
      ...ids.flatMap((id, i) => votes(16 + i, id, { score: -1, modules: ['base', id] })),
    ];
    const active = persona([{ id: 'base', pinned: true }, ...ids.map((id) => ({ id, confidence: 0.9 }))]);
    const { operations, withheld } = learnFrom(events, active);
    const names = operations.map(({ path }) => path.split('/').slice(2).join('/'));
    assert.deepEqual(names.slice(0, 3), ['m13/status', 'm12/status', 'm11/status']);
    assert.deepEqual(
      names.slice(3),
      ids
        .slice(5)
        .reverse()
        .map((id) => `${id}/confidence`),
    );
    assert.equal(operations.length, 12);
    assert.ok(withheld.every(({ reason }) => reason === 'budget'));
    assert.equal(withheld.filter(({ operation }) => operation.path.endsWith('/status')).length, 11);
    assert.equal(withheld.filter(({ operation }) => operation.path.endsWith('/confidence')).length, 5);
  });

  it('activates from P .90 and a lower band of .50 on, archives from .95 on, each exactly', () => {
    const at = (p_harm: number, band: number) => supportedChange('draft', p_harm, () => band);
    assert.deepEqual([at(0.1, 0.5), at(0.1, 0.499), at(0.101, 0.5)], ['active', null, null]);
    assert.deepEqual([at(0.95, 0), at(0.949, 0)], ['archived', null]);
    assert.equal(
      supportedChange('active', 0, () => 1),
      null,
    );
    assert.equal(
      supportedChange('archived', 1, () => 0),
      null,
    );
  });

  it('watches a module from P(harm) .8 on', () => {
    const modules = Array.from(
      { length: 40 },
      (_, n) =>
        learnFrom([...FANS, ...disliked(n % 10, 1), ...votes(n, 'up', { modules: ['base', 'bad'] })], spec())
          .modules[1]!,
    );
    assert.ok(modules.every(({ watch, p_harm }) => watch === p_harm >= 0.8));
    for (const [low, high] of [
      [0.6, 0.8],
      [0.8, 1],
    ] as const)
      assert.ok(modules.some(({ p_harm }) => p_harm >= low && p_harm < high));
  });

  it('gives operations that a spec takes', () => {
    const active = spec();
    for (const { path, from, to } of learnFrom([...FANS, ...disliked(10, 2)], active).operations) {
      const [, list, id, field] = path.split('/') as [string, 'procedural_modules', string, 'status' | 'confidence'];
      const module = active[list].find((each) => each.id === id)!;
      assert.equal(module[field], from);
      Object.assign(module, { [field]: to });
    }
    personaSpecSchema.parse(active);
    assert.equal(active.procedural_modules[1]!.status, 'archived');
  });

  it('says nothing of a twin without a persona module that was voted on', () => {
    assert.deepEqual(learnFrom([vote({ id: 'e', modules: ['gone'] })], persona([])).operations, []);
  });
});
