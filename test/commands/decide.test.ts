import assert from 'node:assert/strict';
import { decideLearning, type LearningPolicy, type LearningStateRow } from '../../src/learning/decide.ts';

const NOW = Date.UTC(2026, 0, 1);
const POLICY: LearningPolicy = { min_events: 5, cooldown_minutes: 30, force: false };
const DUE: LearningStateRow = { paused: false, open_job_id: null, pending_events: 5, cooldown_until: null };

const decide = (state: Partial<LearningStateRow> = {}, policy: Partial<LearningPolicy> = {}) =>
  decideLearning({ ...DUE, ...state }, { ...POLICY, ...policy }, NOW);

/** Each row of the table with what makes it apply, in the table's order. */
const TABLE = [
  { state: { paused: true }, answer: { enqueued: false, reason: 'paused' } },
  { state: { open_job_id: 'j' }, answer: { enqueued: false, reason: 'job_already_inflight', job_id: 'j' } },
  {
    state: { pending_events: 4 },
    answer: { enqueued: false, reason: 'insufficient_events', pending_events: 4, required_events: 5 },
  },
  {
    state: { cooldown_until: NOW + 1 },
    answer: {
      enqueued: false,
      reason: 'cooldown_active',
      cooldown_minutes: 30,
      next_eligible_at: '2026-01-01T00:00:00.001Z',
    },
  },
] as const;

describe('the decision table', () => {
  it('learns when nothing stands in the way', () => {
    assert.deepEqual(decide(), { enqueued: true, pending_events: 5, required_events: 5 });
    assert.deepEqual(decide({ cooldown_until: NOW }), { enqueued: true, pending_events: 5, required_events: 5 });
  });

  TABLE.forEach(({ state, answer }, row) => {
    it(`answers ${answer.reason}, whatever below it applies too`, () => {
      assert.deepEqual(decide(state), answer);
      const below = TABLE.slice(row + 1).reduce((all, other) => ({ ...all, ...other.state }), {});
      assert.deepEqual(decide({ ...below, ...state }), answer);
    });
  });

  it('force passes the threshold and the cooldown, never a pause or an open job', () => {
    const forced = { force: true };
    const lacking = { pending_events: 0, cooldown_until: NOW + 1 };
    assert.deepEqual(decide(lacking, forced), { enqueued: true, pending_events: 0, required_events: 5 });
    assert.equal(decide({ ...lacking, ...TABLE[0].state }, forced).enqueued, false);
    assert.equal(decide({ ...lacking, ...TABLE[1].state }, forced).enqueued, false);
  });
});
