import { compareText } from './canonical.ts';
import type { Priors } from './priors.ts';
import type { ModuleTexts } from './texts.ts';
import type { LedgerEvent } from './types.ts';

// Names of columns sort as intercept, intents, modules, judge: a twin has an effect of its own on all but the last.
export const INTERCEPT = '0';
export const JUDGE = '3';
export const intentColumn = (intent: string): string => `1${intent}`;
export const moduleColumn = (id: string, hash: string): string => `2${id}\u0000${hash}`;

/** The module id of a column, or null when it is not a module's. */
export const moduleIdOf = (name: string): string | null =>
  name.startsWith('2') ? name.slice(1, name.indexOf('\u0000')) : null;

const precision = (sd: number): number => 1 / (sd * sd);

/** Prior mean and precision of a column's pooled effect, and the precision of a twin's deviation from it. */
export function precisionOf(name: string, priors: Priors): { mean: number; pooled: number; twin: number } {
  if (name === INTERCEPT) {
    const { mean, sd } = priors.intercept;
    return { mean, pooled: precision(sd), twin: precision(priors.twin) };
  }
  if (name === JUDGE) return { mean: 0, pooled: precision(priors.judge), twin: Infinity };
  const isIntent = name.startsWith('1');
  const pooled = isIntent ? priors.intent : priors.module;
  const twin = isIntent ? priors.twinIntent : priors.twinModule;
  return { mean: 0, pooled: precision(pooled), twin: precision(twin) };
}

/** What made an answer, as columns, with the share of the vote that speaks about exactly these. */
export interface AnswerVariant {
  readonly columns: readonly string[];
  readonly share: number;
}

/** What made an answer; a hash of "" is the text that the twin publishes. */
export type AnswerMakeup = Pick<LedgerEvent, 'twin_id' | 'intent_label' | 'modules'> & {
  readonly source?: LedgerEvent['source'];
};

/**
 * An edited module starts from its old text's posterior with halved weights: of a vote on a text that is k edits old,
 * the share 2^-k speaks about the current text and the rest about the old one, a module of its own. The other effects
 * of the answer keep the whole vote.
 */
export function answerVariants(answer: AnswerMakeup, texts: ModuleTexts): AnswerVariant[] {
  const { twin_id, intent_label, source } = answer;
  const always = [INTERCEPT, intentColumn(intent_label), ...(source === 'judge' ? [JUDGE] : [])];
  const hashes = new Map<string, string>();
  for (const { id, hash } of answer.modules) {
    const other = hashes.get(id);
    if (other === undefined || compareText(hash, other) < 0) hashes.set(id, hash);
  }
  const modules = [...hashes].map(([id, hash]) => ({ id, hash, share: 0.5 ** texts.edits(twin_id, id, hash) }));
  const bounds = [...new Set([1, ...modules.map(({ share }) => share)])].sort((a, b) => a - b);
  return bounds.map((bound, index) => ({
    columns: [
      ...always,
      ...modules.map(({ id, hash, share }) => moduleColumn(id, share >= bound ? texts.current(twin_id, id) : hash)),
    ],
    share: bound - (index === 0 ? 0 : bounds[index - 1]!),
  }));
}
