import type { Manifest } from '../../persona/operation.ts';
import type { PersonaSpec, ProceduralModule } from '../../persona/spec.ts';
import type { GateContext } from '../context.ts';
import { PROMPT_KINDS } from '../prompt-kinds.ts';
import { fail, listed, pass, type Check } from './check.ts';

const MAX_OPERATIONS = 12;
const MAX_STATUS_CHANGES = 3;
const MAX_CONFIDENCE_STEP = 0.08;
const MAX_GROWTH = 0.15;
/** Confidences are rounded to 1e-6; their difference is not exact in binary. */
const ROUNDING = 1e-9;

const inForce = (module: ProceduralModule | undefined): boolean => module?.status === 'active' && module.active;

function modulePairs(active: PersonaSpec, candidate: PersonaSpec) {
  const after = new Map(candidate.procedural_modules.map((module) => [module.id, module]));
  const before = new Map(active.procedural_modules.map((module) => [module.id, module]));
  const ids = [...new Set([...before.keys(), ...after.keys()])];
  return ids.map((id) => ({ id, before: before.get(id), after: after.get(id) }));
}

/** Modules whose status moves, and those that come into force or go out of it in any other way. */
function statusChanges(active: PersonaSpec, candidate: PersonaSpec): string[] {
  return modulePairs(active, candidate)
    .filter(({ before, after }) => {
      const moved = before !== undefined && after !== undefined && before.status !== after.status;
      return moved || inForce(before) !== inForce(after);
    })
    .map(({ id }) => id);
}

function confidenceJumps(active: PersonaSpec, candidate: PersonaSpec): string[] {
  return modulePairs(active, candidate)
    .filter(({ before, after }) => {
      if (before === undefined || after === undefined) return false;
      return Math.abs(after.confidence - before.confidence) > MAX_CONFIDENCE_STEP + ROUNDING;
    })
    .map(({ id }) => id);
}

/** The largest growth of a prompt, as a share of its length in characters, over every intent and channel. */
function largestGrowth({ input: { active, candidate }, plan }: GateContext) {
  const growths = PROMPT_KINDS.map(({ intent, channel }) => {
    const before = plan(active, intent, channel).prompt.length;
    const after = plan(candidate, intent, channel).prompt.length;
    return { intent, channel, growth: (after - before) / Math.max(before, 1) };
  });
  return growths.reduce((worst, one) => (one.growth > worst.growth ? one : worst));
}

function problemsOf(changes: Manifest, statuses: string[], jumps: string[], worst: ReturnType<typeof largestGrowth>) {
  const percent = (worst.growth * 100).toFixed(1);
  return [
    ...(changes.length > MAX_OPERATIONS ? [`${changes.length} operations, ${MAX_OPERATIONS} at most`] : []),
    ...(statuses.length > MAX_STATUS_CHANGES
      ? [`${statuses.length} modules change status, ${MAX_STATUS_CHANGES} at most (${listed(statuses)})`]
      : []),
    ...(jumps.length > 0 ? [`confidence moves by more than ${MAX_CONFIDENCE_STEP} in ${listed(jumps)}`] : []),
    ...(worst.growth > MAX_GROWTH
      ? [`the ${worst.channel} prompt of ${worst.intent} grows by ${percent} %, ${MAX_GROWTH * 100} % at most`]
      : []),
  ];
}

/** One step is small enough to be judged, and to be undone. */
export const budget: Check = {
  name: 'budget',
  run(context) {
    const { active, candidate } = context.input;
    const statuses = statusChanges(active, candidate);
    const jumps = confidenceJumps(active, candidate);
    const worst = largestGrowth(context);
    const problems = problemsOf(context.changes, statuses, jumps, worst);
    const data = { operations: context.changes.length, status_changes: statuses.length, growth: worst.growth };
    if (problems.length > 0)
      return fail(`Too much at once: ${problems.join('; ')}. Publish it in smaller steps.`, data);
    return pass(
      `${context.changes.length} operations, ${statuses.length} status changes, largest prompt growth ${(worst.growth * 100).toFixed(1)} %.`,
      data,
    );
  },
};
