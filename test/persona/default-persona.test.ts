import assert from 'node:assert/strict';
import { checkAnswer } from '../../src/persona/check-answer.ts';
import { compilePrompt } from '../../src/persona/compile.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { CHANNELS, INTENTS } from '../../src/persona/intents.ts';

const { procedural_modules: modules, canonical_examples, anti_examples, deterministic_rules } = starterPersona;

describe('the starter persona', () => {
  it('has modules, a few-shot and rules for every intent and channel', () => {
    for (const intent of INTENTS) {
      assert.ok(modules.some((module) => module.intent_labels.includes(intent) && module.status === 'active'));
      assert.ok(deterministic_rules.length_bands[intent]);
      for (const channel of CHANNELS) {
        const plan = compilePrompt(starterPersona, { intent, channel });
        assert.ok(plan.module_ids.length >= 3, `${intent} ${channel}`);
        assert.ok(plan.few_shot_ids.length >= 1, `${intent} ${channel}`);
        assert.ok(plan.prompt.length < 8_000, `${plan.prompt.length} characters`);
      }
    }
  });

  it('keeps its own rules in each good example, and breaks one in each bad one', () => {
    const violations = (example: (typeof canonical_examples)[number]) =>
      checkAnswer(starterPersona, { intent: example.intent_label, channel: 'owner' }, example.response);
    for (const example of canonical_examples) assert.deepEqual(violations(example), [], example.id);
    for (const example of anti_examples) assert.ok(violations(example).length > 0, example.id);
  });

  it('gives learning something to do: drafts, an archived module, and pinned ones that stay', () => {
    const count = (test: (module: (typeof modules)[number]) => boolean) => modules.filter(test).length;
    assert.ok(modules.length >= 15 && modules.length <= 25);
    assert.ok(count((module) => module.status === 'draft') >= 2);
    assert.equal(
      count((module) => module.status === 'archived'),
      1,
    );
    assert.ok(count((module) => !module.channels.includes('public')) >= 1);
    for (const module of modules) assert.equal(module.pinned, /^(safety|meta)\./.test(module.id), module.id);
  });
});
