import { INTENTS } from '../persona/intents.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import { countWords, normalizeText } from '../persona/text.ts';
import { stringsIn } from './changes.ts';
import type { Planner } from './context.ts';

/** Shorter texts ("be brief") are common property; a match of one proves no leak. */
const MIN_WORDS = 4;

/** Texts that a spec keeps for the owner, each with the module or example that holds it. */
export function ownerOnlyTexts(spec: PersonaSpec): { id: string; text: string }[] {
  const examples = [...spec.canonical_examples, ...spec.anti_examples]
    .filter((example) => example.visibility === 'owner')
    .flatMap(({ id, prompt, response }) => [prompt, response].map((text) => ({ id, text })));
  const modules = spec.procedural_modules
    .filter((module) => !module.channels.includes('public'))
    .flatMap(({ id, when, say_style, ban, do: steps }) =>
      stringsIn([when, say_style, ban, steps]).map((text) => ({ id, text })),
    );
  return [...examples, ...modules].filter(({ text }) => countWords(text) >= MIN_WORDS);
}

/**
 * Ids of modules and examples whose owner-only text stands in a public plan of the candidate and stood in none before.
 * What the active spec kept for the owner counts too: opening it up, or copying it elsewhere, is the same leak.
 */
export function leakedIds(active: PersonaSpec, candidate: PersonaSpec, plan: Planner): string[] {
  const publicText = (spec: PersonaSpec) =>
    INTENTS.map((intent) => normalizeText(plan(spec, intent, 'public').prompt)).join('\n');
  const before = publicText(active);
  const after = publicText(candidate);
  const leaked = [...ownerOnlyTexts(active), ...ownerOnlyTexts(candidate)].filter(({ text }) => {
    const normal = normalizeText(text);
    return after.includes(normal) && !before.includes(normal);
  });
  return [...new Set(leaked.map(({ id }) => id))];
}
