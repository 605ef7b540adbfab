import { type Channel, type Intent, toIntent } from './intents.ts';
import type { PersonaSpec, ProceduralModule } from './spec.ts';
import { byCodeUnit } from './text.ts';

/** What a question is: its intent (an unknown label is the default intent) and who reads the answer. */
export interface AnswerContext {
  readonly intent: string;
  readonly channel: Channel;
}

interface LengthBand {
  readonly min_words: number;
  readonly max_words: number;
}

/** The deterministic rules in force for one intent and channel; what the prompt states and the fingerprint checks. */
export interface AnswerRules {
  readonly intent: Intent;
  readonly length_band: LengthBand | null;
  /** Null when the spec names none; see `answer-format.ts` for the formats that can be checked. */
  readonly format: string | null;
  readonly depth: string | null;
  readonly speed: string | null;
  /** The spec's and the chosen modules', each once, in a fixed order. */
  readonly banned_phrases: readonly string[];
  readonly allowed_hedges: readonly string[];
}

/**
 * The modules that make an answer, in their order: lower priority number first, then higher confidence, then id.
 * A module takes part when its status is active, it is switched on, the channel is one of its own, and it names the
 * intent or none.
 */
export function chosenModules(spec: PersonaSpec, context: AnswerContext): ProceduralModule[] {
  const intent = toIntent(context.intent);
  return spec.procedural_modules
    .filter((module) => module.status === 'active' && module.active)
    .filter((module) => module.channels.includes(context.channel))
    .filter((module) => module.intent_labels.length === 0 || module.intent_labels.includes(intent))
    .toSorted((a, b) => a.priority - b.priority || b.confidence - a.confidence || byCodeUnit(a.id, b.id));
}

/** An entry of the intent, else the one named `default`, else null. */
function forIntent<T>(entries: Readonly<Record<string, T>>, intent: Intent): T | null {
  const own = (key: string) => (Object.hasOwn(entries, key) ? entries[key] : undefined);
  return own(intent) ?? own('default') ?? null;
}

/** The rules for one intent and channel. */
export function answerRules(spec: PersonaSpec, context: AnswerContext): AnswerRules {
  const rules = spec.deterministic_rules;
  const intent = toIntent(context.intent);
  const bans = chosenModules(spec, context).flatMap((module) => module.ban);
  return {
    intent,
    length_band: forIntent(rules.length_bands, intent),
    format: forIntent(rules.format_by_intent, intent),
    depth: rules.depth ?? null,
    speed: rules.speed ?? null,
    banned_phrases: [...new Set([...rules.banned_phrases, ...bans])].toSorted(byCodeUnit),
    allowed_hedges: rules.allowed_hedges,
  };
}
