import { isGrpcServiceError, ScheduleNotFoundError } from '@temporalio/client';
import { ADVISORY_LOCKS, withAdvisoryLock } from '../../db/advisory-lock.ts';
import type { OpenDatabase } from '../../db/client.ts';
import { ensureSweepSchedule } from '../../schedule.ts';
import { missingSearchAttributes, registerSearchAttributes } from '../../search-attributes.ts';
import type { TemporalClient } from '../../temporal.ts';
import { SWEEP_SCHEDULE_ID } from '../../workflows/contract.ts';
import { examine, fixed, isGood, missing, ok, skipped, twinloop, warning, type Finding } from './finding.ts';

const CALL_TIMEOUT_MS = 5_000;
const GRPC_NOT_FOUND = 5;
/** Two sweeps and their jitter. */
const MISSED_MS = 32 * 60_000;

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
    const { state, info } = await bounded(temporal, () => client.schedule.getHandle(SWEEP_SCHEDULE_ID).describe());
    const trigger = `temporal schedule trigger --address ${address} --namespace ${namespace} --schedule-id ${SWEEP_SCHEDULE_ID}`;
    const last = info.recentActions.at(-1)?.takenAt;
    const ran = `last run ${last?.toISOString() ?? 'not yet'}`;
    const resume = `temporal schedule toggle --address ${address} --namespace ${namespace} --schedule-id ${SWEEP_SCHEDULE_ID} --unpause`;
    if (state.paused) {
      return warning(
        `${SWEEP_SCHEDULE_ID} is paused by an operator, ${ran}: what was lost is not found again.`,
        resume,
      );
    }
    if (Date.now() - (last ?? info.createdAt).getTime() > MISSED_MS) {
      return warning(`${SWEEP_SCHEDULE_ID} did not run in time, ${ran}.`, trigger);
    }
    return ok(`${SWEEP_SCHEDULE_ID}, ${ran}`);
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

/** Connection, search attributes, the sweep's Schedule. */
export async function examineTemporal(checks: TemporalChecks): Promise<Finding[]> {
  const { temporal, fix } = checks;
  const reached = await examine('temporal', './temporal-dev.sh', () => connection(temporal));
  if (!isGood(reached)) {
    const others = ['search attributes', 'schedule'];
    return [reached, ...others.map((check) => ({ check, ...skipped('needs Temporal') }))];
  }
  return [
    reached,
    await examine('search attributes', twinloop('doctor --fix'), () => searchAttributes(temporal, fix)),
    await examine('schedule', twinloop('doctor --fix'), () => schedule(checks)),
  ];
}
