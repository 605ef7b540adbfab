import { compareText } from './canonical.ts';
import type { LedgerEvent, PublishedTexts } from './types.ts';

/** Which text of a module is a twin's current one, and how many edits ago another one was. */
export interface ModuleTexts {
  current(twin: string, id: string): string;
  /** 0 for the current text and for an unknown one (''), else how many edits ago it was. */
  edits(twin: string, id: string, hash: string): number;
}

const pairKey = (twin: string, id: string): string => `${twin}\u0000${id}`;

/** Last time that each text of each module of each twin had a vote. */
function lastSeen(votes: readonly LedgerEvent[]): Map<string, Map<string, number>> {
  const seen = new Map<string, Map<string, number>>();
  for (const vote of votes) {
    for (const { id, hash } of vote.modules) {
      if (hash === '') continue;
      const key = pairKey(vote.twin_id, id);
      const texts = seen.get(key) ?? new Map<string, number>();
      texts.set(hash, Math.max(texts.get(hash) ?? -Infinity, vote.occurred_at));
      seen.set(key, texts);
    }
  }
  return seen;
}

/**
 * The current text of a module is the published one; where none is known, the one that had the latest vote in the twin;
 * where votes name no text either, the one that another twin of the tenant publishes under that id.
 */
export function moduleTexts(votes: readonly LedgerEvent[], published: PublishedTexts): ModuleTexts {
  const own = new Map<string, string>();
  const anyTwin = new Map<string, string>();
  for (const twin of [...published.keys()].sort(compareText)) {
    for (const { id, hash } of published.get(twin) ?? []) {
      if (hash === '') continue;
      own.set(pairKey(twin, id), hash);
      if (!anyTwin.has(id)) anyTwin.set(id, hash);
    }
  }
  const seen = lastSeen(votes);
  const newestFirst = new Map<string, string[]>();
  for (const [key, texts] of seen) {
    const order = [...texts].sort(([a, at], [b, bt]) => bt - at || compareText(b, a)).map(([hash]) => hash);
    const current = own.get(key);
    newestFirst.set(key, current === undefined ? order : [current, ...order.filter((hash) => hash !== current)]);
  }
  return {
    current: (twin, id) =>
      own.get(pairKey(twin, id)) ?? newestFirst.get(pairKey(twin, id))?.[0] ?? anyTwin.get(id) ?? '',
    edits: (twin, id, hash) => (hash === '' ? 0 : Math.max(0, newestFirst.get(pairKey(twin, id))?.indexOf(hash) ?? 0)),
  };
}
