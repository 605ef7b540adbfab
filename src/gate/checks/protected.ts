import { sameJson } from '../../persona/hash.ts';
import type { PersonaExample, PersonaSpec, ProceduralModule } from '../../persona/spec.ts';
import { fail, listed, pass, type Check } from './check.ts';

const OWNED_SECTIONS = ['decision_policy', 'identity_voice', 'interaction_style', 'stance_values'] as const;
const OWNED_FIELDS = ['pinned', 'channels', 'intent_labels'] as const;

const byId = <T extends { id: string }>(items: readonly T[]) => new Map(items.map((item) => [item.id, item]));

function sections(active: PersonaSpec, candidate: PersonaSpec): string[] {
  const changed: string[] = OWNED_SECTIONS.filter((section) => !sameJson(active[section], candidate[section]));
  const hedges = (spec: PersonaSpec) => spec.deterministic_rules.allowed_hedges.toSorted();
  return sameJson(hedges(active), hedges(candidate)) ? changed : [...changed, 'deterministic_rules/allowed_hedges'];
}

function moduleChanges(before: ProceduralModule, after: ProceduralModule | undefined): string[] {
  const place = `procedural_modules/${before.id}`;
  if (before.pinned) return after !== undefined && sameJson(before, after) ? [] : [place];
  if (after === undefined) return [];
  return OWNED_FIELDS.filter((field) => !sameJson(before[field], after[field])).map((field) => `${place}/${field}`);
}

function modules(active: PersonaSpec, candidate: PersonaSpec): string[] {
  const after = byId(candidate.procedural_modules);
  const before = byId(active.procedural_modules);
  const pinnedAnew = candidate.procedural_modules.filter((module) => module.pinned && !before.has(module.id));
  return [
    ...active.procedural_modules.flatMap((module) => moduleChanges(module, after.get(module.id))),
    ...pinnedAnew.map((module) => `procedural_modules/${module.id}/pinned`),
  ];
}

function visibility(
  list: 'canonical_examples' | 'anti_examples',
  active: PersonaSpec,
  candidate: PersonaSpec,
): string[] {
  const after = byId<PersonaExample>(candidate[list]);
  return active[list]
    .filter((example) => (after.get(example.id)?.visibility ?? example.visibility) !== example.visibility)
    .map((example) => `${list}/${example.id}/visibility`);
}

/** What is the owner's alone: policy, voice, hedges, and who may see or move what. */
export const protectedParts: Check = {
  name: 'protected',
  run({ input: { active, candidate } }) {
    const touched = [
      ...sections(active, candidate),
      ...modules(active, candidate),
      ...visibility('canonical_examples', active, candidate),
      ...visibility('anti_examples', active, candidate),
    ];
    if (touched.length === 0) return pass("Nothing that is the owner's alone was touched.");
    return fail(
      `These are the owner's alone and were changed: ${listed(touched)}. Undo them, or acknowledge "protected" on a draft of your own.`,
      { touched },
    );
  },
};
