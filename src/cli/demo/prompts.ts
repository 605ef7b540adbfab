import { INTENTS, type Intent } from '../../persona/intents.ts';
import type { ApiClient, Prompt } from '../api-client.ts';

export type PromptSet = ReadonlyMap<Intent, Prompt>;

/** The live prompt of each intent, as the owner gets it. */
export async function compilePrompts(api: ApiClient, twinId: string): Promise<PromptSet> {
  const prompts = new Map<Intent, Prompt>();
  for (const intent_label of INTENTS) {
    prompts.set(intent_label, await api.prompt(twinId, { intent_label, channel: 'owner' }));
  }
  return prompts;
}

export interface ChangedPrompt {
  readonly intent_label: Intent;
  readonly before: Prompt;
  readonly after: Prompt;
}

/** The prompts that are not what they were, those first whose modules are others. */
export function changedPrompts(before: PromptSet, after: PromptSet): ChangedPrompt[] {
  const changed = [...before].flatMap(([intent_label, old]): ChangedPrompt[] => {
    const now = after.get(intent_label);
    return now === undefined || now.content_hash === old.content_hash
      ? []
      : [{ intent_label, before: old, after: now }];
  });
  const modules = ({ module_ids }: Prompt): string => [...module_ids].sort().join(' ');
  const others = (change: ChangedPrompt): number => Number(modules(change.before) !== modules(change.after));
  return changed.toSorted((a, b) => others(b) - others(a));
}
