import { personaSpecSchema, type PersonaSpec } from '../../persona/spec.ts';
import { channelIsolationCases } from '../cases/built-in.ts';
import { createPlanner, type Planner } from '../context.ts';
import { compareCases } from '../judge-case.ts';
import { leakedIds } from '../owner-only.ts';
import { PROMPT_KINDS, type PromptKind } from '../prompt-kinds.ts';
import { fail, listed, pass, type Check } from './check.ts';

/** The same persona written down the other way round: object keys, modules and examples reversed. */
function reversed(spec: PersonaSpec): PersonaSpec {
  return {
    ...(reversedKeys(spec) as PersonaSpec),
    canonical_examples: spec.canonical_examples.toReversed(),
    anti_examples: spec.anti_examples.toReversed(),
    procedural_modules: spec.procedural_modules.toReversed(),
  };
}

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reversedKeys(inner)]),
  );
}

/** Kinds of prompt that depend on the order in which the spec happens to be written. */
function orderDependent(candidate: PersonaSpec, plan: Planner): string[] {
  const again = createPlanner();
  const mirrored = reversed(candidate);
  return PROMPT_KINDS.filter(({ intent, channel }) => {
    return plan(candidate, intent, channel).content_hash !== again(mirrored, intent, channel).content_hash;
  }).map(({ intent, channel }) => `${intent}/${channel}`);
}

/** Modules of a plan that were written for its intent, and all of them. */
function coverage(spec: PersonaSpec, { intent, channel }: PromptKind, plan: Planner) {
  const ids = plan(spec, intent, channel).module_ids;
  const named = spec.procedural_modules.filter(
    ({ id, intent_labels }) => ids.includes(id) && intent_labels.includes(intent),
  );
  return { all: ids.length, own: named.length };
}

/** Kinds of prompt that lost their last module, or the last one that was written for their intent. */
function emptied(active: PersonaSpec, candidate: PersonaSpec, plan: Planner): string[] {
  return PROMPT_KINDS.filter((kind) => {
    const before = coverage(active, kind, plan);
    const after = coverage(candidate, kind, plan);
    return (before.own > 0 && after.own === 0) || (before.all > 0 && after.all === 0);
  }).map(({ intent, channel }) => `${intent}/${channel}`);
}

/** The candidate is a valid spec whose prompts do not depend on accidents, answer every intent, and keep what is private. */
export const plan: Check = {
  name: 'plan',
  run({ input: { active, candidate }, plan: planOf }) {
    const invalid = personaSpecSchema.safeParse(candidate).error?.issues.length ?? 0;
    const unstable = orderDependent(candidate, planOf);
    const emptyKinds = emptied(active, candidate, planOf);
    const leaks = leakedIds(active, candidate, planOf);
    const isolation = compareCases(channelIsolationCases, { active, candidate }, planOf);
    const broken = isolation.newlyFailing.map(({ id }) => id);
    const problems = [
      ...(invalid > 0 ? [`it is not a valid persona spec (${invalid} problems)`] : []),
      ...(unstable.length > 0 ? [`prompts depend on the order of lists for ${listed(unstable)}`] : []),
      ...(emptyKinds.length > 0 ? [`no module is left for ${listed(emptyKinds)}: keep or activate one`] : []),
      ...(leaks.length > 0 ? [`owner-only text of ${listed(leaks)} would stand in public prompts: take it out`] : []),
      ...(broken.length > 0 ? [`channel-isolation cases newly fail: ${listed(broken)}`] : []),
    ];
    const data = {
      invalid,
      order_dependent: unstable,
      emptied: emptyKinds,
      leaked: leaks,
      isolation: { cases: channelIsolationCases.length, counted: isolation.counted, newly_failing: broken },
    };
    if (problems.length > 0) return fail(`The prompts are not in order: ${problems.join('; ')}.`, data);
    return pass(
      `All ${PROMPT_KINDS.length} kinds of prompt compile in any order, none lost its last module, and none tells the public what is the owner's.`,
      data,
    );
  },
};
