import { z } from 'zod';
import { CHANNELS } from './intents.ts';

const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;
const IDENTIFIER = /^[A-Za-z0-9._:-]+$/;

const text = (max: number) => z.string().max(max);
const identifier = z.string().min(1).max(120).regex(IDENTIFIER, 'letters, digits and . _ : - only');
const looseObject = z.record(z.string(), z.json());

/** An item of a list of strings is named by its own text in a manifest, so a list holds no text twice. */
const textList = (max: number) =>
  z
    .array(text(2_000).min(1))
    .max(max)
    .refine((items) => new Set(items).size === items.length, 'holds the same text twice');

function uniqueIds(items: readonly { id: string }[]): boolean {
  return new Set(items.map((item) => item.id)).size === items.length;
}

export const personaExampleSchema = z.strictObject({
  id: identifier,
  intent_label: z.string().min(1).max(100),
  prompt: text(6_000).min(1),
  response: text(6_000).min(1),
  tags: textList(50).default([]),
  visibility: z.enum(['public', 'owner']).default('public'),
});

export const proceduralModuleSchema = z.strictObject({
  id: identifier,
  intent_labels: textList(20).default([]),
  when: looseObject.default({}),
  do: textList(50).default([]),
  say_style: looseObject.default({}),
  ban: textList(100).default([]),
  few_shot_ids: textList(30).default([]),
  priority: z.int().default(100),
  active: z.boolean().default(true),
  status: z.enum(['draft', 'active', 'archived']).default('active'),
  confidence: z.number().min(0).max(1).default(0.7),
  pinned: z.boolean().default(false),
  channels: z
    .array(z.enum(CHANNELS))
    .min(1)
    .default([...CHANNELS]),
});

const lengthBandSchema = z
  .strictObject({ min_words: z.int().min(0).default(0), max_words: z.int().min(1).max(10_000) })
  .refine((band) => band.min_words <= band.max_words, 'min_words is above max_words');

const deterministicRulesSchema = z.strictObject({
  banned_phrases: textList(500).default([]),
  allowed_hedges: textList(200).default([]),
  anti_style_rules: textList(200).default([]),
  length_bands: z.record(z.string(), lengthBandSchema).default({}),
  format_by_intent: z.record(z.string(), text(500)).default({}),
  depth: text(200).optional(),
  speed: text(200).optional(),
});

/** The one versioned artifact: everything that learning may change is in it (docs: design, section 2). */
export const personaSpecSchema = z
  .strictObject({
    version: z.string().regex(SEMVER, 'a semantic version such as 1.0.0').default('1.0.0'),
    identity_voice: looseObject.default({}),
    decision_policy: looseObject.default({}),
    stance_values: looseObject.default({}),
    interaction_style: looseObject.default({}),
    constitution: textList(100).default([]),
    canonical_examples: z.array(personaExampleSchema).max(30).default([]),
    anti_examples: z.array(personaExampleSchema).max(30).default([]),
    procedural_modules: z.array(proceduralModuleSchema).max(500).default([]),
    deterministic_rules: deterministicRulesSchema.prefault({}),
    metadata: looseObject.default({}),
  })
  .superRefine((spec, context) => {
    for (const list of ['canonical_examples', 'anti_examples', 'procedural_modules'] as const) {
      if (!uniqueIds(spec[list]))
        context.addIssue({ code: 'custom', path: [list], message: 'holds the same id twice' });
    }
    const known = new Set(spec.canonical_examples.map((example) => example.id));
    spec.procedural_modules.forEach((module, index) => {
      const unknown = module.few_shot_ids.filter((id) => !known.has(id));
      if (unknown.length > 0) {
        const path = ['procedural_modules', index, 'few_shot_ids'];
        context.addIssue({ code: 'custom', path, message: `names no canonical example: ${unknown.join(', ')}` });
      }
    });
  });

export type PersonaSpec = z.infer<typeof personaSpecSchema>;
export type ProceduralModule = z.infer<typeof proceduralModuleSchema>;
export type PersonaExample = z.infer<typeof personaExampleSchema>;
