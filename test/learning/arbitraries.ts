import fc from 'fast-check';
import type { LedgerEvent } from '../../src/learning/types.ts';
import { retraction, vote, votes } from './support.ts';

/** Modules of the persona that the laws are about. */
export const IDS = ['a', 'b', 'c', 'd'];

export const anyVote = fc
  .record({
    id: fc.nat(60),
    twin: fc.constantFrom('t', 't', 'u'),
    rater: fc.constantFrom('r1', 'r2', 'r3', 'r4', null),
    score: fc.constantFrom(-1 as const, 1 as const),
    intent: fc.constantFrom('i', 'j'),
    modules: fc.subarray(IDS),
    hash: fc.constantFrom('', 'old', 'older'),
    ageDays: fc.constantFrom(0, 0.3, 10, 35, 100, 364, 366),
    key: fc.nat(40),
    seq: fc.nat(3),
    source: fc.constantFrom('user' as const, 'user' as const, 'user' as const, 'judge' as const),
    retracts: fc.boolean(),
  })
  .map(({ id, key, hash, modules, retracts, ...rest }) => {
    // The rater is a part of a vote's key: nobody replaces another's vote.
    const own = `${rest.source} ${rest.rater} ${key}`;
    const event = vote({ ...rest, id: `e${id}`, key: own, modules: modules.map((name) => ({ id: name, hash })) });
    return retracts && id % 4 === 0 ? { ...retraction(event, `x${id}`), occurred_at: event.occurred_at } : event;
  });

/** A ledger with a bad module `a`, a good draft `b`, and whatever else. */
export const anyLedger = fc
  .record({
    fans: fc.nat(40),
    haters: fc.nat(14),
    perHater: fc.integer({ min: 1, max: 6 }),
    noise: fc.array(anyVote, { maxLength: 40 }),
  })
  .map(({ fans, haters, perHater, noise }) => [
    ...votes(fans, 'fan', { modules: ['b', 'c'] }),
    ...Array.from({ length: haters }, (_, i) =>
      votes(perHater, `hater-${i}`, { rater: `hater-${i}`, score: -1, modules: ['a', 'c'] }),
    ).flat(),
    ...noise,
  ]);

const shuffled = (events: readonly LedgerEvent[]) => fc.shuffledSubarray([...events], { minLength: events.length });
/** A ledger, and its rows in another order. */
export const withShuffle = anyLedger.chain((events) => fc.tuple(fc.constant(events), shuffled(events)));
