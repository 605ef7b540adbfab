import { personaSpecSchema } from '../../src/persona/spec.ts';
import type { PersonaSpec } from '../../src/persona/spec.ts';
import { learn } from '../../src/learning/learn.ts';
import type { LearnInput, LedgerEvent, Proposals } from '../../src/learning/types.ts';

export const AS_OF = Date.UTC(2026, 0, 1);
export const DAY = 86_400_000;

/** One vote; its key is its event id unless `key` names another. */
export interface VoteOptions {
  readonly id: string;
  readonly score?: -1 | 1;
  readonly twin?: string;
  readonly rater?: string | null;
  readonly intent?: string;
  /** Module ids, or ids with the hash of their text. */
  readonly modules?: readonly (string | { readonly id: string; readonly hash: string })[];
  readonly ageDays?: number;
  readonly key?: string;
  readonly seq?: number;
  readonly source?: 'user' | 'judge';
}

export function vote(options: VoteOptions): LedgerEvent {
  const {
    id,
    score = 1,
    twin = 't',
    rater = 'r',
    intent = 'i',
    modules = [],
    ageDays = 0,
    key = id,
    seq = 0,
  } = options;
  return {
    event_id: id,
    twin_id: twin,
    vote_key: key,
    kind: 'vote',
    score,
    rater_id: rater,
    source: options.source ?? 'user',
    intent_label: intent,
    modules: modules.map((module) => (typeof module === 'string' ? { id: module, hash: '' } : module)),
    occurred_at: AS_OF - ageDays * DAY,
    seq,
  };
}

export const retraction = (of: LedgerEvent, id: string, ageDays = 0): LedgerEvent => ({
  ...of,
  event_id: id,
  kind: 'retraction',
  score: 0,
  occurred_at: AS_OF - ageDays * DAY,
});

/** `count` votes, one rater each unless `rater` names one. */
export function votes(count: number, prefix: string, options: Omit<VoteOptions, 'id'> = {}): LedgerEvent[] {
  return Array.from({ length: count }, (_, i) => vote({ rater: `${prefix}-${i}`, ...options, id: `${prefix}-${i}` }));
}

type ModuleInput = { id: string } & Partial<PersonaSpec['procedural_modules'][number]>;

export const persona = (modules: readonly ModuleInput[]): PersonaSpec =>
  personaSpecSchema.parse({ procedural_modules: modules });

export const learnFrom = (
  events: readonly LedgerEvent[],
  active: PersonaSpec,
  rest: Partial<LearnInput> = {},
): Proposals => learn({ twin_id: 't', active, events, as_of: AS_OF, vetoes: [], ...rest });

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** `<path's last two names> from -> to` of each operation: short enough to compare by eye. */
export const shown = ({ operations }: Proposals): string[] =>
  operations.map(({ path, from, to }) => `${path.split('/').slice(2).join('/')} ${plain(from)} -> ${plain(to)}`);
