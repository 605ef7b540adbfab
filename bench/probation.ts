/** Figures of probation: how often a version is rolled back, by the shares of thumbs up before and after, and how soon. */
import { seededRandom } from '../src/cli/demo/random.ts';
import { judgeProbation, type ProbationVote } from '../src/learning/probation.ts';

const RUNS = 1_000;
const MOST_VOTES = 600;

/** Each vote another rater's. */
const sample = (random: () => number, count: number, good: number): ProbationVote[] =>
  Array.from({ length: count }, (_, i) => ({ rater_id: `r${i}`, good: random() < good, day: '2026-01-01' }));

const share = (value: number): string => value.toFixed(2).replace('0.', '.');

process.stdout.write(`share rolled back of ${RUNS} seeded simulations, and their median number of votes\n`);
for (const [before, after] of [
  [0.7, 0.7],
  [0.7, 0.65],
  [0.7, 0.6],
  [0.7, 0.55],
  [0.7, 0.5],
  [0.7, 0.4],
] as const) {
  const found = [50, 100, 200].map((oldVotes) => {
    const random = seededRandom(oldVotes);
    const votes = Array.from({ length: RUNS }, () =>
      judgeProbation(sample(random, oldVotes, before), sample(random, MOST_VOTES, after), false),
    ).flatMap(({ outcome, figures }) => (outcome === 'rolled_back' ? [figures.votes] : []));
    const median = votes.toSorted((a, b) => a - b)[Math.floor(votes.length / 2)];
    return `${oldVotes} old votes ${((100 * votes.length) / RUNS).toFixed(1)} % (${median ?? 'none'})`;
  });
  process.stdout.write(`  ${share(before)} -> ${share(after)}: ${found.join(', ')}\n`);
}
