import assert from 'node:assert/strict';
import type { Operation } from '../../src/persona/operation.ts';
import type { Veto } from '../../src/learning/types.ts';
import { suppressedBy, vetoFrom } from '../../src/learning/veto.ts';
import { learnFrom, persona, votes } from './support.ts';

const archive: Operation = { op: 'set', path: '/procedural_modules/m/status', from: 'active', to: 'archived' };
const lower: Operation = { op: 'set', path: '/procedural_modules/m/confidence', from: 0.7, to: 0.62 };
const ban: Operation = { op: 'add', path: '/deterministic_rules/banned_phrases/as an ai', to: 'as an ai' };
const veto = (operation: Operation, effective = 10, events = 12): Veto => ({
  id: 'v1',
  ...vetoFrom(operation, effective, events),
});
const evidence = (effective_votes: number, events: number) => ({ effective_votes, events });

describe('vetoes', () => {
  it('suppress the same operation until its effective votes have doubled and 20 came in', () => {
    const vetoes = [veto(archive)];
    assert.equal(suppressedBy(archive, evidence(10, 12), vetoes)?.id, 'v1');
    assert.equal(suppressedBy(archive, evidence(19.999, 100), vetoes)?.id, 'v1');
    assert.equal(suppressedBy(archive, evidence(50, 31), vetoes)?.id, 'v1');
    assert.equal(suppressedBy(archive, evidence(20, 32), vetoes), null);
  });

  it('name a confidence by its direction, not by its value', () => {
    assert.equal(veto(lower).to, 'down');
    assert.notEqual(suppressedBy({ ...lower, from: 0.66, to: 0.6 }, evidence(11, 13), [veto(lower)]), null);
    assert.equal(suppressedBy({ ...lower, from: 0.66, to: 0.7 }, evidence(11, 13), [veto(lower)]), null);
  });

  it('name a limit of length by its direction, because its value drifts, and a new band by its intent', () => {
    const path = '/deterministic_rules/length_bands/advice_or_stance';
    const limit: Operation = { op: 'set', path: `${path}/max_words`, from: 260, to: 200 };
    assert.equal(suppressedBy({ ...limit, to: 197 }, evidence(11, 13), [veto(limit)])?.id, 'v1');
    assert.equal(suppressedBy({ ...limit, to: 280 }, evidence(11, 13), [veto(limit)]), null);
    assert.equal(suppressedBy({ ...limit, path: `${path}/min_words` }, evidence(11, 13), [veto(limit)]), null);
    const band: Operation = { op: 'add', path, to: { min_words: 5, max_words: 200 } };
    const drifted = { ...band, to: { min_words: 5, max_words: 190 } };
    assert.equal(suppressedBy(drifted, evidence(11, 13), [veto(band)])?.id, 'v1');
  });

  it('leave other operations alone', () => {
    const vetoes = [veto(archive), veto(ban)];
    assert.equal(suppressedBy({ ...archive, to: 'active' }, evidence(1, 1), vetoes), null);
    assert.equal(suppressedBy({ ...archive, path: '/procedural_modules/n/status' }, evidence(1, 1), vetoes), null);
    assert.equal(suppressedBy({ op: 'remove', path: ban.path, from: 'as an ai' }, evidence(1, 1), vetoes), null);
    assert.notEqual(suppressedBy(ban, evidence(1, 1), vetoes), null);
  });

  it('a veto on the removal of a text has no value', () => {
    const removal: Operation = { op: 'remove', path: ban.path, from: 'as an ai' };
    assert.equal(veto(removal).to, null);
    assert.notEqual(suppressedBy(removal, evidence(1, 1), [veto(removal)]), null);
  });

  it('the strictest of several vetoes counts', () => {
    const vetoes = [veto(archive, 1, 1), { ...veto(archive, 30, 1), id: 'v2' }];
    assert.equal(suppressedBy(archive, evidence(40, 40), vetoes)?.id, 'v2');
  });

  it('learning lists what they suppressed, and proposes it again on more evidence', () => {
    const active = persona([
      { id: 'base', pinned: true },
      { id: 'm', confidence: 0.7 },
    ]);
    const ledger = (n: number) => [
      ...votes(40, 'fan', { modules: ['base'] }),
      ...votes(n, 'hater', { score: -1, modules: ['base', 'm'] }),
    ];
    const first = learnFrom(ledger(15), active).operations;
    assert.equal(first.length, 2);
    const vetoes = first.map((operation, i) => {
      const { effective_votes, events } = operation.evidence!;
      return { id: `v${i}`, ...vetoFrom(operation, effective_votes!, events!) };
    });
    const again = learnFrom(ledger(16), active, { vetoes });
    assert.deepEqual(again.operations, []);
    assert.deepEqual(
      again.withheld.map(({ reason, veto_id }) => [reason, veto_id]),
      [
        ['veto', 'v0'],
        ['veto', 'v1'],
      ],
    );
    assert.deepEqual(learnFrom(ledger(34), active, { vetoes }).operations, []);
    assert.equal(learnFrom(ledger(35), active, { vetoes }).operations.length, 2);
  });

  it('a vetoed operation takes no place in the budget', () => {
    const ids = ['a', 'b', 'c', 'd'];
    const active = persona([{ id: 'base', pinned: true }, ...ids.map((id) => ({ id }))]);
    const events = [
      ...votes(60, 'fan', { modules: ['base'] }),
      ...ids.flatMap((id, i) => votes(20 - i, id, { score: -1, modules: ['base', id] })),
    ];
    const archived = (vetoes: Veto[]) =>
      learnFrom(events, active, { vetoes })
        .operations.filter(({ path }) => path.endsWith('/status'))
        .map(({ path }) => path.split('/')[2]);
    assert.deepEqual(archived([]), ['a', 'b', 'c']);
    const onA: Operation = { ...archive, path: '/procedural_modules/a/status' };
    assert.deepEqual(archived([veto(onA, 20, 20)]), ['b', 'c', 'd']);
  });
});
