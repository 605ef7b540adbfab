import assert from 'node:assert/strict';
import { runGate } from '../../../src/gate/gate.ts';
import { fitTenant } from '../../../src/learning/fit.ts';
import { fitOptions, propose } from '../../../src/learning/learn.ts';
import type { LedgerEvent } from '../../../src/learning/types.ts';
import { starterPersona } from '../../../src/persona/default-persona.ts';
import { moduleHash } from '../../../src/persona/hash.ts';
import { applyOperations } from '../../../src/persona/manifest.ts';
import type { PersonaSpec } from '../../../src/persona/spec.ts';
import { learned } from '../../gate/support.ts';
import { AS_OF, votes } from '../support.ts';
import { INTENT, paths, rows, stepPath } from './support.ts';

const BAD = 'factual.background_first';

/** Votes that archive a module and move confidences. */
const events: LedgerEvent[] = [
  'factual.background_first',
  'factual.cite',
  'advice.pros_cons',
  'style.plain_words',
].flatMap((id, n) => {
  const hash = moduleHash(starterPersona.procedural_modules.find((module) => module.id === id)!);
  return votes(40, id, { modules: [{ id, hash }], score: n % 2 === 0 ? -1 : 1, intent: INTENT });
});

const complaints = rows(8, 'c', () => ({ comment: 'off topic, confusing, wrong, it repeats itself, too long' }));

function proposed(active: PersonaSpec, rules?: Parameters<typeof propose>[1]['rules']) {
  const input = { twin_id: 't', active, vetoes: [], as_of: AS_OF };
  return propose(fitTenant(events, fitOptions(input)), { ...input, ...(rules === undefined ? {} : { rules }) });
}

describe('rules beside statuses and confidences', () => {
  it('come after statuses and before confidences, and the gate passes all of it', () => {
    const without = proposed(starterPersona);
    const found = proposed(starterPersona, { votes: complaints });
    const kind = (path: string) => (path.endsWith('/status') ? 0 : path.endsWith('/confidence') ? 2 : 1);
    const kinds = paths(found).map(kind);
    assert.deepEqual(
      kinds,
      kinds.toSorted((a, b) => a - b),
    );
    assert.deepEqual(new Set(kinds), new Set([0, 1, 2]));
    assert.deepEqual(
      paths(found).filter((path) => kind(path) !== 1),
      paths(without),
    );
    assert.equal(runGate(learned(found.operations)).verdict, 'pass');
  });

  it('leave 12 operations at most; confidences that find no room are withheld', () => {
    const many = ['factual_with_evidence', INTENT, 'summarize_or_transform'].flatMap((intent_label) =>
      complaints.map((row) => ({
        ...row,
        event_id: `${intent_label} ${row.event_id}`,
        vote_key: `${intent_label} ${row.event_id}`,
        intent_label,
      })),
    );
    const found = proposed(starterPersona, { votes: many });
    assert.equal(found.operations.length, 12);
    assert.ok(
      found.withheld.some(({ operation, reason }) => reason === 'budget' && operation.path.endsWith('/confidence')),
    );
    assert.equal(runGate(learned(found.operations)).verdict, 'pass');
  });

  it('a step does not go into a module that the candidate archives', () => {
    const active = structuredClone(starterPersona);
    for (const module of active.procedural_modules) if (module.id === BAD) module.priority = 1;
    const votesOn = complaints.map((row) => ({ ...row, intent_label: 'factual_with_evidence', comment: 'off topic' }));
    const found = proposed(active, { votes: votesOn });
    const step = 'Answer the question that was asked before anything else; leave out what does not bear on it.';
    assert.ok(paths(found).includes(`/procedural_modules/${BAD}/status`));
    assert.ok(paths(found).includes(stepPath(step, 'factual.direct_answer')));
    assert.doesNotThrow(() => applyOperations(active, found.operations));
  });
});
