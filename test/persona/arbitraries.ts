import fc from 'fast-check';
import { INTENTS } from '../../src/persona/intents.ts';
import { type PersonaSpec, personaSpecSchema } from '../../src/persona/spec.ts';

/** Small pools, so that two random specs share ids, keys and texts, and awkward names come up often. */
const texts = fc.constantFrom('a', 'b', 'cite sources', 'a/b', '~', '~1', 'é', '__proto__', '0', 'status');
const ids = fc.constantFrom('m.one', 'm.two', 'x:y', '0', '__proto__', 'constructor', 'Z');
const keys = fc.constantFrom('tone', 'a/b', '~0', '', 'toString', '10', '9', 'deep');
/** Few, so that modules and examples of one intent meet. */
const intents = fc.constantFrom(...INTENTS.slice(0, 3));
const textList = fc.uniqueArray(texts, { maxLength: 5 });
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    texts,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(texts, { maxLength: 4 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
  ),
})).value;
const loose = fc.dictionary(keys, json, { maxKeys: 3 });

const example = fc.record({
  id: ids,
  intent_label: intents,
  prompt: texts,
  response: texts,
  tags: textList,
  visibility: fc.constantFrom('public', 'owner'),
});
const examples = fc.uniqueArray(example, { selector: (item) => item.id, maxLength: 4 });

const module = (shots: string[]) =>
  fc.record({
    id: ids,
    intent_labels: fc.uniqueArray(intents, { maxLength: 3 }),
    when: loose,
    do: textList,
    say_style: loose,
    ban: textList,
    few_shot_ids: fc.subarray(shots),
    priority: fc.integer({ min: 0, max: 3 }),
    active: fc.boolean(),
    status: fc.constantFrom('draft', 'active', 'active', 'archived'),
    confidence: fc.constantFrom(0.3, 0.5, 0.7),
    pinned: fc.boolean(),
    channels: fc.subarray(['owner', 'public'], { minLength: 1 }),
  });

const band = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 50 })).map(([low, more]) => ({
  min_words: low,
  max_words: low + more,
}));

const rules = fc.record(
  {
    banned_phrases: textList,
    allowed_hedges: textList,
    anti_style_rules: textList,
    length_bands: fc.dictionary(fc.constantFrom('default', ...INTENTS), band, { maxKeys: 3 }),
    format_by_intent: fc.dictionary(fc.constantFrom('default', ...INTENTS), texts, { maxKeys: 3 }),
    depth: texts,
    speed: texts,
  },
  { requiredKeys: ['banned_phrases', 'allowed_hedges'] },
);

/** A random valid spec. */
export const personaSpecs: fc.Arbitrary<PersonaSpec> = examples.chain((canonical) =>
  fc
    .record({
      version: fc.constantFrom('1.0.0', '1.2.3'),
      identity_voice: loose,
      decision_policy: loose,
      stance_values: loose,
      interaction_style: loose,
      constitution: textList,
      canonical_examples: fc.constant(canonical),
      anti_examples: examples,
      procedural_modules: fc.uniqueArray(module(canonical.map((item) => item.id)), {
        selector: (item) => item.id,
        maxLength: 5,
      }),
      deterministic_rules: rules,
      metadata: loose,
    })
    .map((value) => personaSpecSchema.parse(JSON.parse(JSON.stringify(value)))),
);

/** A question of any intent, from either channel. */
export const contexts = fc.record({ intent: intents, channel: fc.constantFrom('owner' as const, 'public' as const) });

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reverseKeys(inner)]),
  );
}

/** The same spec, written in another order wherever order does not count. */
export function reordered(spec: PersonaSpec): PersonaSpec {
  return reverseKeys({
    ...spec,
    canonical_examples: spec.canonical_examples.toReversed(),
    anti_examples: spec.anti_examples.toReversed(),
    procedural_modules: spec.procedural_modules.toReversed(),
  }) as PersonaSpec;
}

/** Freezes a value all the way down: whoever changes it then throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
