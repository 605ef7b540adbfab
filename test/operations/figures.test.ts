import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { counted, createWorkerMetrics } from '../../src/activities/metrics.ts';
import { openTestApi } from '../api/harness.ts';

describe('the figures', () => {
  it('of a worker tell a fenced attempt from a failed one, and time both', async () => {
    const metrics = createWorkerMetrics();
    const failing = (error: Error) =>
      counted(metrics, 'learn', async () => {
        throw error;
      });
    const fenced = ApplicationFailure.create({ type: 'Fenced', nonRetryable: true, message: 'planned' });
    await assert.rejects(failing(fenced)(), fenced);
    const bug = new TypeError('planned');
    await assert.rejects(failing(bug)(), bug);
    assert.equal(await counted(metrics, 'learn', async (n: number) => n + 1)(1), 2);
    const text = await metrics.registry.metrics();
    assert.match(text, /^twinloop_fenced_writes_total 1$/m);
    assert.match(text, /^twinloop_activity_failures_total\{activity="learn"\} 1$/m);
    assert.match(text, /^twinloop_activity_duration_seconds_count\{activity="learn"\} 3$/m);
  });

  it('of the API count pokes that Temporal did not take, and problems by their type', async () => {
    const api = await openTestApi();
    try {
      api.control.poke = async () => false;
      const id = await api.twin({ policy: { min_events: 1 } });
      await api.call('POST', '/feedback/trace-1', { body: { twin_id: id, score: 1 } });
      await api.call('POST', '/feedback/trace-2', { body: { twin_id: id, score: 7 } });
      await api.call('GET', '/nowhere');
      const { body } = await api.call('GET', '/metrics', { key: null });
      assert.match(body, /^twinloop_vote_pokes_total\{result="deferred"\} 1$/m);
      assert.match(body, /^twinloop_problems_total\{type="validation"\} 1$/m);
      assert.match(body, /^twinloop_problems_total\{type="not-found"\} 1$/m);
      assert.match(body, /^twinloop_votes_under_way 0$/m);
    } finally {
      await api.close();
    }
  });
});
