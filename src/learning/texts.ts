import { compareText } from './canonical.ts';
import type { Ledger } from './ledger.ts';
import type { PublishedTexts } from './types.ts';

/** Which text of a module is a twin's current one, and how many edits ago another one was. */
export interface ModuleTexts {
  current(twin: string, id: string): string;
  /** 0 for the current text and for an unknown one (''), else how many edits ago it was. */
  edits(twin: string, id: string, hash: string): number;
  /** Whether texts would be other edits, or another one current, had this rater of the ledger never voted. */
  dependOn(rater: number): boolean;
}

/** When a text had its last vote, whose that was, and when the last one of anybody else. */
interface Seen {
  at: number;
  by: number;
  otherwise: number;
}

const pairKey = (twin: string, id: string): string => `${twin}\u0000${id}`;

function see(texts: Map<string, Seen>, hash: string, at: number, by: number): void {
  const seen = texts.get(hash);
  if (seen === undefined) texts.set(hash, { at, by, otherwise: -Infinity });
  else if (seen.by === by) seen.at = Math.max(seen.at, at);
  else if (at > seen.at) Object.assign(seen, { at, by, otherwise: seen.at });
  else seen.otherwise = Math.max(seen.otherwise, at);
}

/** By twin and module, the texts that had a vote. */
function seenTexts({ votes, rater }: Ledger): Map<string, Map<string, Seen>> {
  const all = new Map<string, Map<string, Seen>>();
  votes.forEach((vote, index) => {
    for (const { id, hash } of vote.modules) {
      if (hash === '') continue;
      const key = pairKey(vote.twin_id, id);
      const texts = all.get(key) ?? new Map<string, Seen>();
      see(texts, hash, vote.occurred_at, rater[index]!);
      all.set(key, texts);
    }
  });
  return all;
}

/** The texts of a module, the current one first, then by their last vote, without those that had none. */
function newestFirst(
  texts: ReadonlyMap<string, Seen>,
  current: string | undefined,
  lastVote: (seen: Seen) => number,
): string[] {
  const order = [...texts]
    .map(([hash, seen]) => ({ hash, at: lastVote(seen) }))
    .filter(({ at }) => at !== -Infinity)
    .sort((a, b) => b.at - a.at || compareText(b.hash, a.hash))
    .map(({ hash }) => hash);
  return current === undefined ? order : [current, ...order.filter((hash) => hash !== current)];
}

/**
 * The current text of a module is the published one; where none is known, the one that had the latest vote in the twin;
 * where votes name no text either, the one that another twin of the tenant publishes under that id.
 */
export function moduleTexts(ledger: Ledger, published: PublishedTexts): ModuleTexts {
  const own = new Map<string, string>();
  const anyTwin = new Map<string, string>();
  for (const twin of [...published.keys()].sort(compareText)) {
    for (const { id, hash } of published.get(twin) ?? []) {
      if (hash === '') continue;
      own.set(pairKey(twin, id), hash);
      if (!anyTwin.has(id)) anyTwin.set(id, hash);
    }
  }
  const orders = new Map<string, string[]>();
  const deciders = new Set<number>();
  for (const [key, texts] of seenTexts(ledger)) {
    const current = own.get(key);
    const order = newestFirst(texts, current, (seen) => seen.at);
    orders.set(key, order);
    for (const { by } of texts.values()) {
      const without = newestFirst(texts, current, (seen) => (seen.by === by ? seen.otherwise : seen.at));
      if (without[0] !== order[0] || without.some((hash, edits) => hash !== order[edits])) deciders.add(by);
    }
  }
  return {
    current: (twin, id) => own.get(pairKey(twin, id)) ?? orders.get(pairKey(twin, id))?.[0] ?? anyTwin.get(id) ?? '',
    edits: (twin, id, hash) => (hash === '' ? 0 : Math.max(0, orders.get(pairKey(twin, id))?.indexOf(hash) ?? 0)),
    dependOn: (rater) => deciders.has(rater),
  };
}
