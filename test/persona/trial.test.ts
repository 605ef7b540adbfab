import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compilePrompt } from '../../src/persona/compile.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { INTENTS } from '../../src/persona/intents.ts';
import { personaSpecSchema } from '../../src/persona/spec.ts';
import { withTrials } from '../../src/persona/trial.ts';

const INTENT = 'advice_or_stance';
const IDS = ['a', 'b'];
const drafts = personaSpecSchema.parse({
  procedural_modules: [
    ...IDS.map((id) => ({ id, status: 'draft', do: [`Do ${id}.`] })),
    { id: 'live' },
    { id: 'pinned', status: 'draft', pinned: true },
    { id: 'archived', status: 'archived' },
    { id: 'off', status: 'draft', active: false },
    { id: 'public', status: 'draft', channels: ['public'] },
    { id: 'other', status: 'draft', intent_labels: ['meta_or_system'] },
  ],
});
const trials = (trace: string, share: number, spec = drafts) => withTrials(spec, INTENT, trace, share).trial_module_ids;

describe('drafts on trial', () => {
  it('each joins its share of traces, within what chance allows (5 standard errors)', () => {
    const n = 4_000;
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), fc.constantFrom(0.02, 0.05, 0.1, 0.2), (seed, share) => {
        const drawn = Array.from({ length: n }, (_, i) => trials(`${seed}-${i}`, share));
        const bound = 5 * Math.sqrt(n * share * (1 - share));
        for (const id of IDS) {
          const joined = drawn.filter((ids) => ids.includes(id)).length;
          assert.ok(Math.abs(joined - n * share) < bound, `${id}: ${joined} of ${n} at ${share}`);
        }
        const both = drawn.filter((ids) => ids.length === 2).length;
        const expected = n * share * share;
        assert.ok(Math.abs(both - expected) < 5 * Math.sqrt(expected) + 5, `both: ${both}, expected ${expected}`);
      }),
      { numRuns: 12, seed: 7 },
    );
  });

  it('one that is in at a share is in at every larger one, always the same, and none at 0', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string(), share, share, (trace, a, b) => {
        const [less, more] = [trials(trace, Math.min(a, b)), trials(trace, Math.max(a, b))];
        assert.ok(less.every((id) => more.includes(id)));
        assert.deepEqual(trials(trace, Math.min(a, b)), less);
        assert.deepEqual(trials(trace, 0), []);
      }),
    );
    const traces = Array.from({ length: 2_000 }, (_, i) => `t${i}`);
    const [at1, at2] = [0.1, 0.2].map((s) => traces.filter((trace) => trials(trace, s).length > 0));
    assert.ok(at1!.length > 0 && at1!.length < at2!.length);
  });

  it('are drafts that a vote could make active: of the intent and the owner channel, switched on, not pinned', () => {
    assert.deepEqual(trials('any', 1), IDS);
  });

  it('change the prompt they are in as an active module would, and nothing else', () => {
    const input = structuredClone(starterPersona);
    for (const intent of INTENTS) {
      const context = { intent, channel: 'owner' } as const;
      const { spec, trial_module_ids } = withTrials(input, intent, 'any', 1);
      assert.deepEqual(input, starterPersona, 'the spec stays as it is');
      const [before, after] = [compilePrompt(starterPersona, context), compilePrompt(spec, context)];
      assert.deepEqual(
        after.module_ids.filter((id) => !trial_module_ids.includes(id)),
        before.module_ids,
      );
      assert.equal(after.content_hash === before.content_hash, trial_module_ids.length === 0);
    }
  });
});
