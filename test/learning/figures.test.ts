import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { oneRaterAgainst } from '../../bench/one-rater.ts';
import { costOfLiars, heldOutLoss, readVotes } from '../../bench/random-splits.ts';

const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const FEEDBACK_QA = `${DATA}feedbackqa_ratings.jsonl`;
const EXPERT_QA = `${DATA}expertqa_usefulness.jsonl`;

describe('figures on real feedback', () => {
  before(function () {
    if (existsSync(FEEDBACK_QA) && existsSync(EXPERT_QA)) return;
    console.log(`skipped: ${DATA} is missing`);
    this.skip();
  });

  // The published figure of the method, and the spread that 50 random splits leave.
  for (const [name, file, n, figure] of [
    ['FeedbackQA', FEEDBACK_QA, 100, 0.695],
    ['ExpertQA', EXPERT_QA, 100, 0.505],
    ['FeedbackQA', FEEDBACK_QA, 500, 0.674],
  ] as const) {
    it(`predicts ${name} from ${n} votes with a log loss of ${figure}, below the global mean's`, () => {
      const { learner, globalMean } = heldOutLoss(readVotes(file), n);
      assert.ok(learner <= figure + 0.002, `${learner}`);
      assert.ok(learner < globalMean, `${learner}, global mean ${globalMean}`);
    });
  }

  it('10 % of the raters of FeedbackQA who vote against what they think cost .015 of log loss at most', () => {
    const { honest, added } = costOfLiars(readVotes(FEEDBACK_QA), 500, 0.1, 8);
    console.log(`      ${honest.toFixed(4)} + ${added.toFixed(4)}`);
    assert.ok(added > 0 && added <= 0.015, `${added}`);
    const most = costOfLiars(readVotes(FEEDBACK_QA), 500, 0.7, 2);
    assert.ok(most.added > 0.015, 'the measure can tell');
  });

  it('of ExpertQA too, beside what a rate of 74 % up in place of 80 % costs by itself', () => {
    const { honest, added, addedToGlobalMean } = costOfLiars(readVotes(EXPERT_QA), 300, 0.1, 20);
    console.log(
      `      ${honest.toFixed(4)} + ${added.toFixed(4)}, of which ${addedToGlobalMean.toFixed(4)} by the rate`,
    );
    assert.ok(added > 0 && added - addedToGlobalMean <= 0.015, `${added} - ${addedToGlobalMean}`);
  });

  it("one rater's 500 thumbs down barely move a good module", () => {
    const { confidence, rawMean } = oneRaterAgainst(readVotes(FEEDBACK_QA), 'UK', 'content.on_topic_overlap');
    assert.ok(confidence[0] > 0.55, `${confidence[0]}`);
    assert.ok(confidence[0] - confidence[1] <= 0.045, `${confidence[0]} -> ${confidence[1]}`);
    assert.ok(rawMean[1] < 0.1, 'raw averages fall for it');
  });
});
