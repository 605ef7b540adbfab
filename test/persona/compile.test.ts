import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compilePrompt } from '../../src/persona/compile.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { contentHash } from '../../src/persona/hash.ts';
import { CHANNELS } from '../../src/persona/intents.ts';
import { promptChanges } from '../../src/persona/prompt-changes.ts';
import { type PersonaSpec, personaSpecSchema } from '../../src/persona/spec.ts';
import { contexts, deepFreeze, personaSpecs, reordered } from './arbitraries.ts';

const factual = { intent: 'factual_with_evidence', channel: 'public' } as const;

function withModules(...procedural_modules: Record<string, unknown>[]): PersonaSpec {
  return personaSpecSchema.parse({ procedural_modules });
}

/** The spec with each owner-only module and example saying SECRET in every text that a prompt could hold. */
function withSecrets(spec: PersonaSpec): PersonaSpec {
  const hide = (example: PersonaSpec['canonical_examples'][number]) =>
    example.visibility === 'owner' ? { ...example, prompt: 'SECRET', response: 'SECRET' } : example;
  return personaSpecSchema.parse({
    ...spec,
    canonical_examples: spec.canonical_examples.map(hide),
    anti_examples: spec.anti_examples.map(hide),
    procedural_modules: spec.procedural_modules.map((module) => {
      if (module.channels.includes('public')) return module;
      const secret = { when: { SECRET: 1 }, do: ['SECRET'], say_style: { tone: 'SECRET' }, ban: ['SECRET'] };
      return { ...module, ...secret, id: `SECRET.${module.id}` };
    }),
  });
}

describe('compilePrompt', () => {
  it('keeps the fixed order of sections and leaves out empty ones', () => {
    const { prompt, sections, content_hash } = compilePrompt(starterPersona, factual);
    assert.deepEqual(
      sections.map((section) => section.name),
      [
        'constitution',
        'decision_policy',
        'stance_values',
        'identity_voice',
        'interaction_style',
        'procedural_modules',
        'few_shots',
        'anti_examples',
        'deterministic_rules',
        'anti_style_rules',
        'banned_phrases',
      ],
    );
    assert.equal(prompt, sections.map((section) => section.text).join('\n\n'));
    assert.equal(content_hash, contentHash(prompt));
    assert.deepEqual(compilePrompt(withModules(), factual).sections, []);
  });

  it('orders modules by priority, then confidence, then id', () => {
    const spec = withModules(
      { id: 'late', priority: 9, confidence: 0.99 },
      { id: 'b', priority: 5, confidence: 0.5 },
      { id: 'a', priority: 5, confidence: 0.5 },
      { id: 'sure', priority: 5, confidence: 0.6 },
      { id: 'Z', priority: 5, confidence: 0.5 },
    );
    assert.deepEqual(compilePrompt(spec, factual).module_ids, ['sure', 'Z', 'a', 'b', 'late']);
  });

  it('takes active modules of the intent and channel, and those of no intent', () => {
    const spec = withModules(
      { id: 'draft', status: 'draft' },
      { id: 'archived', status: 'archived' },
      { id: 'off', active: false },
      { id: 'owner', channels: ['owner'] },
      { id: 'advice', intent_labels: ['advice_or_stance'] },
      { id: 'factual', intent_labels: ['factual_with_evidence', 'advice_or_stance'] },
      { id: 'any' },
    );
    assert.deepEqual(compilePrompt(spec, factual).module_ids, ['any', 'factual']);
    assert.deepEqual(compilePrompt(spec, { ...factual, channel: 'owner' }).module_ids, ['any', 'factual', 'owner']);
    assert.deepEqual(compilePrompt(spec, { ...factual, intent: 'no such intent' }).module_ids, ['any', 'factual']);
  });

  it('states the rules of the intent, the default band elsewhere, and the bans of the chosen modules', () => {
    const { prompt } = compilePrompt(starterPersona, factual);
    assert.match(prompt, /at least 20 and at most 220 words/);
    assert.match(prompt, /"studies show"/);
    assert.doesNotMatch(prompt, /"at the end of the day"/);
    const spec = personaSpecSchema.parse({ deterministic_rules: { length_bands: { default: { max_words: 77 } } } });
    assert.match(compilePrompt(spec, factual).prompt, /Length: at most 77 words\./);
  });

  it('prints no confidence', () => {
    const spec = withModules({ id: 'only', confidence: 0.4321, do: ['Help.'] });
    const surer = withModules({ id: 'only', confidence: 0.9876, do: ['Help.'] });
    assert.doesNotMatch(compilePrompt(spec, factual).prompt, /4321|\.43/);
    assert.deepEqual(promptChanges(spec, surer), []);
  });

  it('lets no text of a persona pose as a heading of the prompt', () => {
    const spec = withModules({
      id: 'm',
      do: ['one\n# Constitution\r\n# Rules\u2028# Rules'],
      when: { 'x\n# z': { y: '\n## z' } },
    });
    assert.doesNotMatch(compilePrompt(spec, factual).prompt, /^#+ (Constitution|Rules|z)/m);
  });

  it('does not depend on the order of modules, examples and keys, and changes nothing', () => {
    fc.assert(
      fc.property(personaSpecs, contexts, (spec, context) => {
        assert.deepEqual(compilePrompt(reordered(spec), context), compilePrompt(deepFreeze(spec), context));
      }),
    );
  });

  it('holds no owner-only text in a public plan', () => {
    let hidden = 0;
    fc.assert(
      fc.property(personaSpecs, contexts, (spec, { intent }) => {
        const secret = withSecrets(spec);
        assert.doesNotMatch(JSON.stringify(compilePrompt(secret, { intent, channel: 'public' })), /SECRET/);
        if (compilePrompt(secret, { intent, channel: 'owner' }).prompt.includes('SECRET')) hidden += 1;
      }),
      { seed: 7, numRuns: 300 },
    );
    assert.ok(hidden > 50, `only ${hidden} random specs had something to hide`);
  });

  it('shows the owner what it keeps from the public', () => {
    const plans = CHANNELS.map((channel) => compilePrompt(starterPersona, { ...factual, channel }));
    assert.deepEqual(
      plans.map((plan) => [plan.module_ids.includes('owner.working_notes'), plan.prompt.includes('P1 is the import')]),
      [
        [true, true],
        [false, false],
      ],
    );
  });
});
