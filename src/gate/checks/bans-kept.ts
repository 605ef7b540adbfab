import { sameJson } from '../../persona/hash.ts';
import type { PersonaSpec, ProceduralModule } from '../../persona/spec.ts';
import { normalizeText, phraseSpans } from '../../persona/text.ts';
import { fail, listed, pass, type Check } from './check.ts';

const missing = (before: readonly string[], after: readonly string[]): number =>
  before.filter((item) => !after.includes(item)).length;

/** Places whose bans are fewer than before. Archiving a module keeps its bans with it, so it does not count. */
function lostBans(active: PersonaSpec, candidate: PersonaSpec): string[] {
  const rules = (['banned_phrases', 'anti_style_rules'] as const).filter(
    (list) => missing(active.deterministic_rules[list], candidate.deterministic_rules[list]) > 0,
  );
  const after = new Map(candidate.procedural_modules.map((module) => [module.id, module]));
  const modules = active.procedural_modules.filter(
    (module) => missing(module.ban, after.get(module.id)?.ban ?? []) > 0,
  );
  return [
    ...rules.map((list) => `deterministic_rules/${list}`),
    ...modules.map((module) => `procedural_modules/${module.id}/ban`),
  ];
}

/** A pinned module says less, comes later, is not in force, or has lost an example it teaches by. */
function isWeakened(module: ProceduralModule, active: PersonaSpec, candidate: PersonaSpec): boolean {
  const after = candidate.procedural_modules.find((other) => other.id === module.id);
  if (after === undefined || !after.pinned || after.status !== module.status || after.active !== module.active)
    return true;
  const example = (spec: PersonaSpec, id: string) => spec.canonical_examples.find((one) => one.id === id) ?? null;
  return (
    after.priority > module.priority ||
    missing(module.do, after.do) > 0 ||
    missing(module.few_shot_ids, after.few_shot_ids) > 0 ||
    !sameJson(module.when, after.when) ||
    module.few_shot_ids.some((id) => !sameJson(example(active, id), example(candidate, id)))
  );
}

const overlaps = (ban: string, hedge: string): boolean =>
  phraseSpans(hedge, ban).length > 0 || phraseSpans(ban, hedge).length > 0;

/** Pairs of a ban in force or in draft and an allowed hedge, one of which holds the other. */
function overlapKeys({ deterministic_rules: rules, procedural_modules }: PersonaSpec): Set<string> {
  const kept = procedural_modules.filter((module) => module.status !== 'archived');
  const bans = [...rules.banned_phrases, ...kept.flatMap((module) => module.ban)].map(normalizeText);
  const hedges = rules.allowed_hedges.map(normalizeText);
  const pairs = bans.flatMap((ban) =>
    hedges.filter((hedge) => overlaps(ban, hedge)).map((hedge) => `${ban}\n${hedge}`),
  );
  return new Set(pairs);
}

/** The owner's prohibitions stand, pinned modules keep their force, and honest doubt is never forbidden. */
export const bansKept: Check = {
  name: 'bans_kept',
  run({ input: { active, candidate } }) {
    const lost = lostBans(active, candidate);
    const weakened = active.procedural_modules
      .filter((module) => module.pinned && isWeakened(module, active, candidate))
      .map((module) => module.id);
    const overlapsBefore = overlapKeys(active);
    const overlapping = [...overlapKeys(candidate)].filter((pair) => !overlapsBefore.has(pair)).length;
    const problems = [
      ...(lost.length > 0 ? [`bans are gone from ${listed(lost)}: put them back`] : []),
      ...(weakened.length > 0 ? [`pinned modules are weaker: restore ${listed(weakened)}`] : []),
      ...(overlapping > 0 ? [`${overlapping} bans overlap an allowed hedge: take those bans out`] : []),
    ];
    const data = { lost, weakened, overlapping };
    if (problems.length > 0) return fail(`Prohibitions changed: ${problems.join('; ')}.`, data);
    return pass('Every ban and every pinned module stands, and no ban overlaps an allowed hedge.', data);
  },
};
