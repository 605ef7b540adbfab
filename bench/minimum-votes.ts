/** The fewest votes that can decide: one-sided votes on a module, clean answers for the replay, flagged texts for a rule. */
import { learn } from '../src/learning/learn.ts';
import { betaPosterior, clopperPearsonUpper, probabilityWorse } from '../src/learning/statistics.ts';
import type { LedgerEvent } from '../src/learning/types.ts';
import { personaSpecSchema } from '../src/persona/spec.ts';

const AS_OF = Date.UTC(2026, 0, 1);
const MOST = 500;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The smallest number from 1 on that `holds`; undefined when none under `MOST` does. */
const fewest = (holds: (n: number) => boolean): number | undefined =>
  Array.from({ length: MOST }, (_, i) => i + 1).find(holds);

interface Audience {
  readonly raters: number;
  /** Shares of thumbs up on answers with the module, and without. */
  readonly withModule: number;
  readonly without: number;
}

/** A thumb of the i-th rater, so that thumbs up are spread evenly. */
const thumb = (i: number, share: number): 1 | -1 => (Math.floor((i + 1) * share) > Math.floor(i * share) ? 1 : -1);

/** Fresh votes of one twin: each rater votes once on an answer with the module and once on one without. */
function votesOf({ raters, withModule, without }: Audience): LedgerEvent[] {
  return Array.from({ length: raters }, (_, i) => [
    { id: `with${i}`, score: thumb(i, withModule), modules: [{ id: 'm', hash: '' }] },
    { id: `without${i}`, score: thumb(i, without), modules: [] },
  ])
    .flat()
    .map(({ id, score, modules }, i) => ({
      event_id: id,
      twin_id: 't',
      vote_key: id,
      kind: 'vote',
      score,
      rater_id: `r${Math.floor(i / 2)}`,
      source: 'user',
      intent_label: 'advice_or_stance',
      modules,
      occurred_at: AS_OF,
      seq: i,
    }));
}

function statusAfter(status: 'active' | 'draft', audience: Audience): unknown {
  const active = personaSpecSchema.parse({ procedural_modules: [{ id: 'm', status }] });
  const { operations } = learn({ twin_id: 't', active, events: votesOf(audience), as_of: AS_OF, vetoes: [] });
  return operations.find(({ path }) => path.endsWith('/status'))?.to;
}

say('raters until a status changes, each with one vote on an answer with the module and one on an answer without it');
for (const [from, to, withModule, without] of [
  ['active', 'archived', 0, 1],
  ['active', 'archived', 0.4, 0.7],
  ['active', 'archived', 0.5, 0.7],
  ['active', 'archived', 0, 0],
  ['draft', 'active', 1, 0],
  ['draft', 'active', 0.8, 0.6],
  ['draft', 'active', 0.7, 0.7],
  ['draft', 'active', 1, 1],
] as const) {
  const raters = fewest((count) => statusAfter(from, { raters: count, withModule, without }) === to);
  const shares = `${100 * withModule} % up with it, ${100 * without} % without`;
  say(`  ${from} to ${to}, ${shares}: ${raters ?? `over ${MOST}`}`);
}

const clean = (violations: number) =>
  fewest((n) => n > violations && violations / n <= 0.02 && clopperPearsonUpper(violations, n, 0.95) <= 0.05);
say(`liked answers that the replay needs for 0, 1, 2 and 3 violations: ${[0, 1, 2, 3].map(clean).join(', ')}`);

say('disliked texts that a rule must flag, none of them liked, for P(worse) of .90 and .95 against 100 other answers');
for (const rate of [0.1, 0.3, 0.5]) {
  const rest = betaPosterior(100 * rate, 100);
  const needed = [0.9, 0.95].map((p) => fewest((n) => probabilityWorse(betaPosterior(n, n), rest) >= p));
  say(`  of which ${100 * rate} % are disliked: ${needed.join(' and ')}`);
}
