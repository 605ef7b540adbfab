import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { additiveRule, betaChain, globalMean, moduleAverages, rawAverages } from './baselines.ts';
import { flippedRaters } from './flipped-raters.ts';
import { oneRaterAgainst } from './one-rater.ts';
import { heldOutLoss, ours, readVotes } from './random-splits.ts';

/** Beside the repository; its licences keep it from being part of it. */
export const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const FEEDBACK_QA = `${DATA}feedbackqa_ratings.jsonl`;
const EXPERT_QA = `${DATA}expertqa_usefulness.jsonl`;

export const hasRealFeedback = (): boolean => existsSync(FEEDBACK_QA) && existsSync(EXPERT_QA);

const LEARNERS = {
  'global mean': globalMean,
  'raw averages': rawAverages,
  'additive rule': additiveRule,
  'Beta chain': betaChain,
  'module averages': moduleAverages,
  ours,
};

/** Each learner's held-out log loss on each set, and what unruly raters do to ours. */
export function measureRealFeedback() {
  const feedbackQa = readVotes(FEEDBACK_QA);
  const expertQa = readVotes(EXPERT_QA);
  const sets = [
    { set: 'FeedbackQA', votes: feedbackQa, n: 100 },
    { set: 'ExpertQA', votes: expertQa, n: 100 },
    { set: 'FeedbackQA', votes: feedbackQa, n: 500 },
  ];
  return {
    log_loss: sets.map(({ set, votes, n }) => ({ set, n, ...heldOutLoss(votes, n, LEARNERS) })),
    flipped_raters: sets.map(({ set, votes, n }) => ({ set, n, ...flippedRaters(votes, n) })),
    one_rater: oneRaterAgainst(feedbackQa, 'UK', 'content.on_topic_overlap'),
  };
}
