import assert from 'node:assert/strict';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { assertWell, recordedRuns } from '../support/histories.ts';
import { hookedFits } from '../support/hooked-fits.ts';
import { DEFAULTS, freshId, startSystem, type TestSystem } from '../support/system.ts';
import { startShortHistoryTemporal } from '../support/temporal.ts';
import { addTwin } from '../support/twins.ts';

const SUGGESTED_EVENTS = 100;
const RUNS = 6;

describe('the twin workflow when the server wants short histories', () => {
  let environment: TestWorkflowEnvironment;
  let system: TestSystem;
  let hooked: ReturnType<typeof hookedFits>;

  before(async () => {
    environment = await startShortHistoryTemporal(SUGGESTED_EVENTS);
    system = await startSystem(DEFAULTS, async () => environment);
    hooked = hookedFits(system);
    await system.startWorker({ fits: hooked.fits });
  });
  after(async () => {
    await system.stop();
    await environment.teardown();
  });

  it('continues as new between two runs when it is due all the time, and never waits', async () => {
    const twin = await addTwin(system, {
      name: 'restless',
      tenant: freshId('tenant'),
      policy: { cooldown_minutes: 0, min_events: 1 },
    });
    let runs = 0;
    hooked.hooks.set(twin.ref.tenant_id, {
      // Due again before the run ends.
      learn: async () => {
        runs += 1;
        if (runs < RUNS) await twin.vote({ count: 1, against: null });
      },
    });
    await twin.capture({ count: 1, against: null });
    await twin.ended(RUNS);
    await twin.waiting();
    const lengths = (await recordedRuns(system)).map(({ history }) => history.events?.length ?? 0);
    assert.ok(lengths.length > 1, `executions of ${lengths.join(', ')} events`);
    // A run that has begun is finished: about 40 events.
    assert.ok(Math.max(...lengths) < SUGGESTED_EVENTS + 50, `executions of ${lengths.join(', ')} events`);
    assert.deepEqual(
      (await twin.runs()).map(({ from_seq, to_seq }) => [from_seq, to_seq]),
      Array.from({ length: RUNS }, (_, n) => [n, n + 1]),
    );
  });

  it('leaves all in order', () => assertWell(system, { settled: true }));
});
