/** Figures of the learner: held-out log loss on real feedback, one rater's reach, and how long it takes. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fitTenant } from '../src/learning/fit.ts';
import { fitOptions, propose } from '../src/learning/learn.ts';
import type { LedgerEvent } from '../src/learning/types.ts';
import { personaSpecSchema } from '../src/persona/spec.ts';
import { oneRaterAgainst } from './one-rater.ts';
import { seededRandom } from '../src/cli/demo/random.ts';
import { heldOutLoss, readVotes } from './random-splits.ts';

const DATA = fileURLToPath(new URL('../../shared/data/', import.meta.url));
const AS_OF = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Size {
  readonly events: number;
  readonly raters: number;
  readonly modules: number;
  readonly twins: number;
}

/** Simulated votes of 90 days on answers of up to four modules, of which every fifteenth is bad. */
function simulate({ events, raters, modules, twins }: Size): LedgerEvent[] {
  const random = seededRandom(5);
  const below = (n: number): number => Math.floor(random() * n);
  const effect = Array.from({ length: modules }, (_, i) => (i % 15 === 0 ? -1.5 : random() - 0.4));
  return Array.from({ length: events }, (_, i): LedgerEvent => {
    const used = [...new Set([below(modules), below(modules), below(modules), below(modules)])];
    const logit = 0.8 + used.reduce((sum, module) => sum + effect[module]!, 0);
    return {
      event_id: `e${i}`,
      twin_id: `t${below(twins)}`,
      vote_key: `e${i}`,
      kind: 'vote',
      score: random() < 1 / (1 + Math.exp(-logit)) ? 1 : -1,
      rater_id: `r${below(raters)}`,
      source: 'user',
      intent_label: `i${below(8)}`,
      modules: used.map((module) => ({ id: `m${module}`, hash: '' })),
      occurred_at: AS_OF - below(90 * DAY_MS),
      seq: i,
    };
  });
}

function time(size: Size): void {
  const events = simulate(size);
  const modules = Array.from({ length: size.modules }, (_, i) => ({ id: `m${i}` }));
  const active = personaSpecSchema.parse({ procedural_modules: modules });
  const input = { twin_id: 't0', active, vetoes: [], as_of: AS_OF };
  const start = performance.now();
  const fit = fitTenant(events, fitOptions(input));
  const fitted = performance.now();
  const { operations } = propose(fit, input);
  const done = performance.now();
  const name = `${size.events} votes, ${size.raters} raters, ${size.modules} modules, ${size.twins} twins`;
  const milliseconds = `fit ${Math.round(fitted - start)} ms, propose ${Math.round(done - fitted)} ms`;
  say(`${name}: ${milliseconds} (${operations.length} operations)`);
}

if (existsSync(DATA)) {
  const feedbackQa = readVotes(`${DATA}feedbackqa_ratings.jsonl`);
  const expertQa = readVotes(`${DATA}expertqa_usefulness.jsonl`);
  say('held-out log loss, mean of 50 random splits');
  for (const [name, votes, n] of [
    ['FeedbackQA, n = 100', feedbackQa, 100],
    ['ExpertQA, n = 100', expertQa, 100],
    ['FeedbackQA, n = 500', feedbackQa, 500],
  ] as const) {
    const { learner, globalMean } = heldOutLoss(votes, n);
    say(`  ${name}: learner ${learner.toFixed(4)}, global mean ${globalMean.toFixed(4)}`);
  }
  const { module, confidence, rawMean } = oneRaterAgainst(feedbackQa, 'UK', 'content.on_topic_overlap');
  const arrow = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join(' -> ');
  say(`one rater's 500 thumbs down on ${module}: confidence ${arrow(confidence)}, raw mean ${arrow(rawMean)}`);
} else {
  say(`no figures on real feedback: ${DATA} is missing`);
}
for (const twins of [1, 10]) {
  time({ events: 1_800, raters: 300, modules: 71, twins });
  time({ events: 20_000, raters: 2_000, modules: 90, twins });
}
