import type { WorkerVersion } from '../../config.ts';
import { workerPolls } from '../../dev/readiness.ts';
import type { TemporalClient } from '../../temporal.ts';
import { examine, missing, ok, type Finding } from './finding.ts';
import { workerVersions } from './worker-version.ts';

/** An idle worker asks anew about every minute. */
const POLLED_WITHIN_MS = 75_000;
const START = 'node dist/worker.js   # after npm run build; ./temporal-dev.sh starts one too';

const named = (version: WorkerVersion | null): string =>
  version === null ? 'workers without a version' : `build ${version.buildId} of ${version.deploymentName}`;

/** Whether both task queues are polled lately, and by a version that gets tasks. */
export async function examineWorkers({ client, namespace, address }: TemporalClient): Promise<Finding> {
  return examine('workers', START, async () => {
    const since = Date.now() - POLLED_WITHIN_MS;
    if (!(await workerPolls(client, namespace, since))) {
      return missing('No worker has polled both task queues lately.', START);
    }
    const { polling, current, served } = await workerVersions(client, namespace, since);
    const [first = null] = polling;
    // No poller is left in a list that is a moment younger than the one above.
    if (served || polling.length === 0) {
      return ok(`both task queues are polled by ${polling.map(named).join(' and ') || 'workers'}`);
    }
    const deployment = (first ?? current)?.deploymentName;
    const target = first === null ? '--unversioned' : `--build-id ${first.buildId}`;
    return missing(
      `What polls is ${named(first)}, and the tasks go to ${named(current)}.`,
      `temporal worker deployment set-current-version --address ${address} --namespace ${namespace} --deployment-name ${deployment} ${target}`,
    );
  });
}
