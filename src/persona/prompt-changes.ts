import { compilePrompt } from './compile.ts';
import { CHANNELS, INTENTS, type Channel, type Intent } from './intents.ts';
import type { PersonaSpec } from './spec.ts';

/** The (intent, channel) pairs whose compiled prompt differs between two specs; none: readers see no change. */
export function promptChanges(from: PersonaSpec, to: PersonaSpec): { intent: Intent; channel: Channel }[] {
  return INTENTS.flatMap((intent) => CHANNELS.map((channel) => ({ intent, channel }))).filter(
    (context) => compilePrompt(from, context).content_hash !== compilePrompt(to, context).content_hash,
  );
}
