import { LRUCache } from 'lru-cache';
import type { Caller } from '../../db/keys.ts';

/** A revoked key is refused after this long at the latest. */
const FRESH_MS = 2_000;
/** Also of unknown keys: guessing costs the guesser's own requests, and no memory. */
const MOST_KEYS = 10_000;

/**
 * Whose key it is, asked of the database at most every two seconds for each key; many requests at once share one
 * question. A failure is not kept.
 */
export function createCallers(
  find: (key: string) => Promise<Caller | undefined>,
): (key: string) => Promise<Caller | undefined> {
  const known = new LRUCache<string, { readonly caller: Caller | undefined }>({
    max: MOST_KEYS,
    ttl: FRESH_MS,
    fetchMethod: async (key) => ({ caller: await find(key) }),
  });
  // Nearly every request finds its answer here, for less than what asking costs.
  return async (key) => (known.get(key) ?? (await known.fetch(key)))?.caller;
}
