import assert from 'node:assert/strict';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundle } from '@temporalio/worker';
import { examineWorkers } from '../../src/cli/doctor/workers.ts';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { versionOptions } from '../../src/worker-options.ts';
import { assertReplayable, eventsOf, recordedRuns } from '../support/histories.ts';
import { assertInvariants } from '../support/invariants.ts';
import { DEFAULTS, eventually, freshId, startSystem, type TestSystem, type TestWorker } from '../support/system.ts';
import { startOwnTemporal } from '../support/temporal.ts';
import { addTwin, type TestTwin } from '../support/twins.ts';
import { variantBundle } from './variants.ts';

const NAMES = { TEMPORAL_DEPLOYMENT_NAME: 'twinloop', TEMPORAL_BUILD_ID: '1.0.0+abc' };

describe("the variables of the worker's version", () => {
  it('give it none where none is set, or name its deployment and its build', () => {
    assert.equal(loadConfig({}).temporal.workerVersion, undefined);
    assert.deepEqual(versionOptions(undefined), {});
    const version = { deploymentName: 'twinloop', buildId: '1.0.0+abc' };
    assert.deepEqual(loadConfig(NAMES).temporal.workerVersion, version);
  });

  for (const [what, env, message] of [
    [
      'a deployment without a build',
      { TEMPORAL_DEPLOYMENT_NAME: 'twinloop' },
      /set TEMPORAL_BUILD_ID too, or unset both/,
    ],
    ['a build without a deployment', { TEMPORAL_BUILD_ID: '1' }, /set TEMPORAL_DEPLOYMENT_NAME too, or unset both/],
    [
      'a dot in the deployment',
      { ...NAMES, TEMPORAL_DEPLOYMENT_NAME: 'a.b' },
      /TEMPORAL_DEPLOYMENT_NAME: must be without/,
    ],
    ['a space in the build', { ...NAMES, TEMPORAL_BUILD_ID: 'a b' }, /TEMPORAL_BUILD_ID: must be without/],
  ] as const) {
    it(`refuse ${what}`, () => {
      assert.throws(
        () => loadConfig(env),
        (error) => error instanceof ConfigError && message.test(error.message),
      );
    });
  }
});

describe('workers with a version', () => {
  let environment: TestWorkflowEnvironment;
  let system: TestSystem;
  let patchedBundle: WorkflowBundle;
  let unversioned: TestWorker;
  let first: TestWorker;
  let twin: TestTwin;
  const deploymentName = freshId('twinloop');

  before(async () => {
    // Its own: what is current for a task queue would be so for the other tests.
    [environment, patchedBundle] = await Promise.all([startOwnTemporal(), variantBundle('patched')]);
    system = await startSystem(DEFAULTS, async () => environment);
  });
  after(async () => {
    await system.stop();
    await environment.teardown();
  });

  /** As `temporal worker deployment set-current-version` does, once the server has heard of the build's workers. */
  const setCurrent = (buildId: string) =>
    eventually(`${buildId} current`, async () => {
      const { workflowService } = system.client;
      const asked = { namespace: 'default', deploymentName, buildId, identity: 'test' };
      return workflowService.setWorkerDeploymentCurrentVersion(asked).then(
        () => true,
        (error: unknown) => {
          assert.match(String(error), /not found|no pollers|missing|does not exist/i);
          return false;
        },
      );
    });

  const versionOf = async () => {
    const { raw } = await twin.workflow.describe();
    return raw.workflowExecutionInfo?.versioningInfo;
  };
  const buildOf = async () => (await versionOf())?.deploymentVersion?.buildId;
  /** What `twinloop doctor` says of the workers. */
  const workersFinding = async () => {
    const { client, address } = system;
    const { connection } = environment;
    return examineWorkers({ client, address, namespace: 'default', connection });
  };
  /** Lets the twin learn once more. */
  const cycle = async (count: number) => {
    await twin.capture({ count: 5, against: null });
    await twin.ended(count);
    await twin.waiting();
  };

  it('idle until a version is current, and the doctor says what makes it so', async () => {
    first = await system.startWorker({}, { version: { deploymentName, buildId: 'one' } });
    const finding = await eventually('pollers', async () => {
      const found = await workersFinding();
      return !found.detail.includes('No worker has polled') && found;
    });
    assert.equal(finding.status, 'missing');
    assert.equal(
      finding.detail,
      `What polls is build one of ${deploymentName}, and the tasks go to workers without a version.`,
    );
    assert.match(finding.command ?? '', /set-current-version .* --deployment-name \S+ --build-id one$/);
  });

  it('leave the tasks to those without one', async () => {
    twin = await addTwin(system, { name: 'versioned', tenant: freshId('tenant'), policy: { cooldown_minutes: 0 } });
    unversioned = await system.startWorker();
    await cycle(1);
    assert.equal(await buildOf(), undefined);
    assert.equal((await workersFinding()).status, 'ok');
  });

  it('take over a twin of workers without one, and bring it through a cycle', async () => {
    await setCurrent('one');
    await unversioned.stop();
    assert.equal((await workersFinding()).status, 'ok');
    await cycle(2);
    assert.equal(await buildOf(), 'one');
    assert.equal((await versionOf())?.behavior, 2, 'AUTO_UPGRADE');
  });

  it('hand a twin to the next build with its next task, and the old build can go', async () => {
    const second = { version: { deploymentName, buildId: 'two' }, bundle: patchedBundle };
    await system.startWorker({}, second);
    await cycle(3);
    assert.equal(await buildOf(), 'one', 'a build that is not current gets nothing');

    await setCurrent('two');
    await first.stop();
    await cycle(4);
    assert.equal(await buildOf(), 'two');
    const patches = (await eventsOf(twin.workflow)).filter((event) => event.markerRecordedEventAttributes);
    assert.equal(patches.length, 2, "today's own patch, and the next release's");
    assert.equal((await twin.jobs()).length, 4);
  });

  it('leave all in order', async () => {
    await assertInvariants(system);
    const runs = await recordedRuns(system);
    assert.equal(await assertReplayable(runs, patchedBundle), runs.length);
  });
});
