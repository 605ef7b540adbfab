import { isGrpcServiceError, ScheduleNotFoundError } from '@temporalio/client';
import { ADVISORY_LOCKS, withAdvisoryLock } from '../../db/advisory-lock.ts';
import type { WorkerVersion } from '../../config.ts';
import type { OpenDatabase } from '../../db/client.ts';
import { workerPolls } from '../../dev/readiness.ts';
import { ensureSweepSchedule } from '../../schedule.ts';
import { missingSearchAttributes, registerSearchAttributes } from '../../search-attributes.ts';
import type { TemporalClient } from '../../temporal.ts';
import { SWEEP_SCHEDULE_ID } from '../../workflows/contract.ts';
import { idleWorkers } from './worker-version.ts';
import { examine, fixed, isGood, missing, ok, skipped, twinloop, type Finding } from './finding.ts';

const CALL_TIMEOUT_MS = 5_000;
/** An idle worker asks anew about every minute. */
const POLLED_WITHIN_MS = 75_000;
const GRPC_NOT_FOUND = 5;

export interface TemporalChecks {
  readonly temporal: TemporalClient;
  /** For the lock under which the Schedule is made; null while Postgres is away. */
  readonly database: OpenDatabase | null;
  readonly fix: boolean;
}

function bounded<T>({ client }: TemporalClient, work: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, work);
}

async function connection(temporal: TemporalClient) {
  const { client, namespace, address } = temporal;
  try {
    await bounded(temporal, () => client.workflowService.describeNamespace({ namespace }));
    return ok(`${address}, namespace ${namespace}`);
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === GRPC_NOT_FOUND) {
      const command = `temporal operator namespace create --address ${address} --namespace ${namespace}`;
      return missing(`${address} has no namespace ${namespace}`, command);
    }
    return missing(`Cannot reach Temporal at ${address}. TEMPORAL_ADDRESS names another.`, './temporal-dev.sh');
  }
}

async function searchAttributes(temporal: TemporalClient, fix: boolean) {
  const { connection: wire, namespace } = temporal;
  const names = await bounded(temporal, () => missingSearchAttributes(wire, namespace));
  if (names.length === 0) return ok('all are registered');
  if (fix) {
    return fixed(`registered ${(await bounded(temporal, () => registerSearchAttributes(wire, namespace))).join(', ')}`);
  }
  return missing(`not registered: ${names.join(', ')}`, twinloop('doctor --fix'));
}

async function schedule({ temporal, database, fix }: TemporalChecks) {
  const { client, address, namespace } = temporal;
  try {
    const { state } = await bounded(temporal, () => client.schedule.getHandle(SWEEP_SCHEDULE_ID).describe());
    const resume = `temporal schedule toggle --address ${address} --namespace ${namespace} --schedule-id ${SWEEP_SCHEDULE_ID} --unpause`;
    return ok(state.paused ? `${SWEEP_SCHEDULE_ID}, paused by an operator; to resume: ${resume}` : SWEEP_SCHEDULE_ID);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    if (!fix || database === null)
      return missing(`There is no Schedule ${SWEEP_SCHEDULE_ID}.`, twinloop('doctor --fix'));
    await bounded(temporal, () =>
      ensureSweepSchedule(client, (work) => withAdvisoryLock(database.sql, ADVISORY_LOCKS.sweepSchedule, work)),
    );
    return fixed(`made ${SWEEP_SCHEDULE_ID}`);
  }
}

async function workers({ client, namespace, address }: TemporalClient) {
  const since = Date.now() - POLLED_WITHIN_MS;
  if (!(await workerPolls(client, namespace, since))) {
    const command = 'node dist/worker.js   # after npm run build; ./temporal-dev.sh starts one too';
    return missing('No worker has polled both task queues lately.', command);
  }
  const idle = await idleWorkers(client, namespace, since);
  if (idle === undefined) return ok('both task queues are polled');
  const { polling, current } = idle;
  const named = (version: WorkerVersion | null) =>
    version === null ? 'workers without a version' : `build ${version.buildId} of ${version.deploymentName}`;
  const deployment = (polling ?? current)?.deploymentName;
  const target = polling === null ? '--unversioned' : `--build-id ${polling.buildId}`;
  return missing(
    `What polls is ${named(polling)}, and the tasks go to ${named(current)}.`,
    `temporal worker deployment set-current-version --address ${address} --namespace ${namespace} --deployment-name ${deployment} ${target}`,
  );
}

/** Connection, search attributes, the sweep's Schedule, workers. */
export async function examineTemporal(checks: TemporalChecks): Promise<Finding[]> {
  const { temporal, fix } = checks;
  const reached = await examine('temporal', './temporal-dev.sh', () => connection(temporal));
  if (!isGood(reached)) {
    const others = ['search attributes', 'schedule', 'workers'];
    return [reached, ...others.map((check) => ({ check, ...skipped('needs Temporal') }))];
  }
  return [
    reached,
    await examine('search attributes', twinloop('doctor --fix'), () => searchAttributes(temporal, fix)),
    await examine('schedule', twinloop('doctor --fix'), () => schedule(checks)),
    await examine('workers', './temporal-dev.sh', () => workers(temporal)),
  ];
}
