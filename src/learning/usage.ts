import { sha256 } from './canonical.ts';
import type { TenantFit } from './fit.ts';

/** A twin's votes that speak about one module id. */
export interface ModuleUsage {
  /** Indexes into the ledger, any text of the module. */
  readonly votes: readonly number[];
  /** Human raters of the current text; an older text's raters have not seen it. */
  readonly raters: ReadonlySet<number>;
}

/** By module id, who voted on answers that have it, in one pass over the twin's votes. */
export function moduleUsage({ ledger, texts }: TenantFit, twin_id: string): Map<string, ModuleUsage> {
  const usage = new Map<string, { votes: number[]; raters: Set<number> }>();
  const twin = ledger.twins.indexOf(twin_id);
  if (twin === -1) return usage;
  for (let index = ledger.first[twin]!; index < ledger.first[twin + 1]!; index++) {
    const vote = ledger.votes[index]!;
    for (const { id, hash } of vote.modules) {
      const entry = usage.get(id) ?? { votes: [], raters: new Set<number>() };
      usage.set(id, entry);
      if (entry.votes.at(-1) !== index) entry.votes.push(index);
      if (ledger.human[index] === 1 && texts.edits(twin_id, id, hash) === 0) entry.raters.add(ledger.rater[index]!);
    }
  }
  return usage;
}

/** SHA-256 over the ids and scores of the votes behind an operation; it outlives their texts. */
export function eventsHash({ ledger }: TenantFit, votes: readonly number[]): string {
  return sha256(JSON.stringify(votes.map((index) => [ledger.votes[index]!.event_id, ledger.votes[index]!.score])));
}
