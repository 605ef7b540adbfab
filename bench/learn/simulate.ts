import { seededRandom } from '../../src/cli/demo/random.ts';
import type { LedgerEvent } from '../../src/learning/types.ts';

export const AS_OF = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

export interface Size {
  readonly votes: number;
  readonly raters: number;
  readonly modules: number;
  readonly twins: number;
}

/**
 * Votes of 90 days on answers of up to four modules, of which every fifteenth is bad; hardly two answers are alike. `hashes` are of
 * the modules' texts, by id.
 */
export function simulate({ votes, raters, modules, twins }: Size, hashes: ReadonlyMap<string, string>): LedgerEvent[] {
  const random = seededRandom(5);
  const below = (n: number): number => Math.floor(random() * n);
  const effect = Array.from({ length: modules }, (_, i) => (i % 15 === 0 ? -1.5 : random() - 0.4));
  return Array.from({ length: votes }, (_, i): LedgerEvent => {
    const used = [...new Set([below(modules), below(modules), below(modules), below(modules)])];
    const logit = 0.8 + used.reduce((sum, module) => sum + effect[module]!, 0);
    const makeup = JSON.stringify(used.map((module) => ({ id: `m${module}`, hash: hashes.get(`m${module}`) })));
    return {
      event_id: `e${i}`,
      twin_id: `t${below(twins)}`,
      vote_key: `e${i}`,
      kind: 'vote',
      score: random() < 1 / (1 + Math.exp(-logit)) ? 1 : -1,
      rater_id: `r${below(raters)}`,
      source: 'user',
      intent_label: `i${below(8)}`,
      // Objects and strings of its own, as a row from Postgres has.
      modules: JSON.parse(makeup) as LedgerEvent['modules'],
      occurred_at: AS_OF - below(90 * DAY_MS),
      seq: i,
    };
  });
}
