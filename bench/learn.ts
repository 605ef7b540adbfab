/** Figures of the learner: how time and memory grow, and held-out log loss on real feedback. `--json` prints one object. */
import Table from 'cli-table3';
import { measureGrowth, type Growth } from './learn/growth.ts';
import { DATA, hasRealFeedback, measureRealFeedback } from './learn/real-feedback.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const made = new Table({ head: [...head], style: { head: [], border: [] } });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}

function printGrowth(growth: readonly Growth[]): void {
  print('Learning from simulated votes, a tenth as many raters, 90 modules: one fit, one twin proposed for');
  const head = ['twins', 'votes', 'fit s', 'propose s', 'both s', 'ratio', 'peak MB'];
  const rows = growth.map(({ twins, votes, fit_seconds, propose_seconds, seconds, ratio, peak_mb }) => [
    twins,
    votes,
    ...[fit_seconds, propose_seconds, seconds].map((value) => value.toFixed(2)),
    ratio === null ? '' : ratio.toFixed(1),
    Math.round(peak_mb),
  ]);
  print(table(head, rows));
}

function printRealFeedback(figures: ReturnType<typeof measureRealFeedback>): void {
  const { log_loss, flipped_raters, one_rater } = figures;
  print('Held-out log loss on real feedback, mean of 50 random splits');
  const learners = Object.keys(log_loss[0] ?? {}).filter((name) => name !== 'set' && name !== 'n');
  const losses = log_loss.map(({ set, n, ...of }) => [set, n, ...Object.values(of).map((loss) => loss.toFixed(3))]);
  print(table(['set', 'votes', ...learners], losses));
  print('The same of ours, with a tenth of the raters it learns from turned round');
  const flips = flipped_raters.map(({ set, n, ...of }) => [set, n, ...Object.values(of).map((one) => one.toFixed(4))]);
  print(table(['set', 'votes', 'honest', 'flipped', 'cost', "global mean's"], flips));
  const arrow = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join(' -> ');
  const { module, confidence, rawMean } = one_rater;
  print(`One rater's 500 thumbs down on ${module}: confidence ${arrow(confidence)}, raw mean ${arrow(rawMean)}`);
}

const growth = measureGrowth();
const real = hasRealFeedback() ? measureRealFeedback() : null;
if (process.argv.includes('--json')) {
  print(JSON.stringify({ growth, real_feedback: real }, null, 2));
} else {
  printGrowth(growth);
  if (real === null) print(`No figures on real feedback: ${DATA} is missing`);
  else printRealFeedback(real);
}
