import { CHANNELS, INTENTS, type Channel, type Intent } from '../persona/intents.ts';

export interface PromptKind {
  readonly intent: Intent;
  readonly channel: Channel;
}

/** Every kind of prompt that a spec compiles to. */
export const PROMPT_KINDS: readonly PromptKind[] = INTENTS.flatMap((intent) =>
  CHANNELS.map((channel) => ({ intent, channel })),
);
