import { createHash } from 'node:crypto';
import { chosenModules } from './answer-rules.ts';
import type { Intent } from './intents.ts';
import type { PersonaSpec } from './spec.ts';

const DRAW_BYTES = 6;

/** A number in [0, 1) that is always the same for a trace and a module, and uniform over traces. */
function draw(traceId: string, moduleId: string): number {
  const hash = createHash('sha256')
    .update(JSON.stringify([traceId, moduleId]))
    .digest();
  return hash.readUIntBE(0, DRAW_BYTES) / 2 ** (8 * DRAW_BYTES);
}

/** The spec in which each draft that is drawn for a trace stands as active. A pinned one learns nothing, so it is not. */
function drawDrafts(spec: PersonaSpec, traceId: string, share: number) {
  const drawn = new Set(
    spec.procedural_modules
      .filter(({ id, status, pinned }) => status === 'draft' && !pinned && draw(traceId, id) < share)
      .map(({ id }) => id),
  );
  const procedural_modules = spec.procedural_modules.map((module) =>
    drawn.has(module.id) ? { ...module, status: 'active' as const } : module,
  );
  return { drawn, spec: { ...spec, procedural_modules } };
}

/**
 * A spec with its drafts of an intent on trial in one prompt of the owner channel (docs/learning.md, section 5): each
 * joins `share` (0 to 1) of the traces. Each draws for itself: with one draw for all they would always come together, and
 * no vote could tell which of them made an answer better or worse. A draft in at one share is in at any larger one.
 */
export function withTrials(
  spec: PersonaSpec,
  intent: Intent,
  traceId: string,
  share: number,
): { readonly spec: PersonaSpec; readonly trial_module_ids: string[] } {
  const trial = drawDrafts(spec, traceId, share);
  const chosen = chosenModules(trial.spec, { intent, channel: 'owner' });
  return {
    spec: trial.spec,
    trial_module_ids: chosen.map(({ id }) => id).filter((id) => trial.drawn.has(id)),
  };
}
