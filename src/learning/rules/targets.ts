import { chosenModules } from '../../persona/answer-rules.ts';
import { CHANNELS, type Intent } from '../../persona/intents.ts';
import type { Operation } from '../../persona/operation.ts';
import { formatPointer } from '../../persona/pointer.ts';
import type { PersonaSpec, ProceduralModule } from '../../persona/spec.ts';
import { normalizeText } from '../../persona/text.ts';

/** Every module in force for an intent on either channel, in the prompt's order. */
function inForce(spec: PersonaSpec, intent: Intent): ProceduralModule[] {
  const modules = CHANNELS.flatMap((channel) => chosenModules(spec, { intent, channel }));
  return [...new Set(modules)];
}

export const hasStep = (spec: PersonaSpec, intent: Intent, step: string): boolean =>
  inForce(spec, intent).some((module) => module.do.some((text) => normalizeText(text) === normalizeText(step)));

/**
 * Where a step of an intent may go, the first choice first: modules that name the intent, are the prompt's on both
 * channels, and are not pinned. A module for every intent would carry one intent's lesson to all.
 */
function modulesFor(spec: PersonaSpec, intent: Intent): ProceduralModule[] {
  return inForce(spec, intent).filter(
    (module) =>
      !module.pinned &&
      module.intent_labels.includes(intent) &&
      CHANNELS.every((channel) => module.channels.includes(channel)),
  );
}

/** The operations that add a step, one for each module that could take it; none where only the owner can. */
export function stepOperations(spec: PersonaSpec, intent: Intent, step: string): Operation[] {
  return modulesFor(spec, intent).map(({ id }) => ({
    op: 'add',
    path: formatPointer(['procedural_modules', id, 'do', step]),
    to: step,
  }));
}

/** What the owner would have to add for an intent that learning may not touch: a module of its own. */
export function newModuleOperation(intent: Intent, step: string): Operation {
  const id = `learned.${intent}`;
  return {
    op: 'add',
    path: formatPointer(['procedural_modules', id]),
    to: { id, intent_labels: [intent], do: [step] },
  };
}
