import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { oneRaterAgainst } from '../../bench/one-rater.ts';
import { heldOutLoss, readVotes } from '../../bench/random-splits.ts';

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

  it("one rater's 500 thumbs down barely move a good module", () => {
    const { confidence, rawMean } = oneRaterAgainst(readVotes(FEEDBACK_QA), 'UK', 'content.on_topic_overlap');
    assert.ok(confidence[0] > 0.55, `${confidence[0]}`);
    assert.ok(confidence[0] - confidence[1] <= 0.045, `${confidence[0]} -> ${confidence[1]}`);
    assert.ok(rawMean[1] < 0.1, 'raw averages fall for it');
  });
});
