import assert from 'node:assert/strict';
import { channelIsolationCases, regressionCases } from '../../src/gate/cases/built-in.ts';
import { createPlanner } from '../../src/gate/context.ts';
import { brokenExpectations, compareCases } from '../../src/gate/judge-case.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { INTENTS } from '../../src/persona/intents.ts';
import { applyOperations } from '../../src/persona/manifest.ts';
import { manifestSchema } from '../../src/persona/operation.ts';
import mutations from './mutations.json' with { type: 'json' };

const all = [...regressionCases, ...channelIsolationCases];
const mutationOf = new Map(Object.entries(mutations));

describe('built-in regression cases', () => {
  it('are 13 an intent, 5 of them adversarial, and 6 for channel isolation, each with its own id', () => {
    for (const intent of INTENTS) {
      const cases = regressionCases.filter((one) => one.intent_label === intent);
      assert.equal(cases.length, 13, intent);
      assert.equal(cases.filter((one) => one.adversarial).length, 5, intent);
    }
    assert.equal(channelIsolationCases.length, 6);
    assert.equal(new Set(all.map((one) => one.id)).size, all.length);
  });

  it('have queries and answers of their own', () => {
    assert.equal(new Set(all.map((one) => one.query)).size, all.length);
    const answers = all.flatMap((one) => one.answers.map((answer) => answer.text));
    const long = answers.filter((text) => text.length > 60);
    assert.equal(new Set(long).size, long.length);
  });

  it('name no module that is a draft, archived or weak in the starter persona', () => {
    const kept = starterPersona.procedural_modules.filter((one) => one.status === 'active' && one.confidence > 0.65);
    const ids = new Set(kept.map((one) => one.id));
    for (const { id, plan } of all)
      assert.ok(
        plan.module_ids.every((module) => ids.has(module)),
        id,
      );
  });

  const planner = createPlanner();
  for (const one of all) {
    it(`${one.id} holds for the starter persona, and its mutation breaks it`, () => {
      assert.deepEqual(brokenExpectations(starterPersona, one, planner), []);
      const operations = manifestSchema.parse(mutationOf.get(one.id) ?? []);
      assert.notEqual(operations.length, 0, 'a case without a mutation proves nothing: add one to mutations.json');
      const candidate = applyOperations(starterPersona, operations);
      const { newlyFailing } = compareCases(all, { active: starterPersona, candidate }, createPlanner());
      assert.ok(newlyFailing.some(({ id }) => id === one.id));
    });
  }

  it('have a mutation each and no other', () => {
    assert.deepEqual([...mutationOf.keys()].sort(), all.map((one) => one.id).sort());
  });

  it('do not count where they fail under the active spec too', () => {
    const bare = { ...starterPersona, procedural_modules: [] };
    const { newlyFailing } = compareCases(all, { active: bare, candidate: bare }, createPlanner());
    assert.deepEqual(newlyFailing, []);
    const { newlyHolding } = compareCases(all, { active: bare, candidate: starterPersona }, createPlanner());
    assert.ok(newlyHolding.includes('boundary.crisis-night'));
  });
});
