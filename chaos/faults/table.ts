import type { Fault } from '../fault.ts';
import { fewWorkerCommits, workerCommits } from './commits.ts';
import { freezeWorker } from './freeze.ts';
import { killApi, killPostgres, killTemporal, killWorker } from './kills.ts';
import { postgresGone, postgresHole, temporalGone, temporalHole } from './outages.ts';
import { rollingApis, rollingWorkers } from './rolling.ts';

/** In the order in which they are tried. */
export const FAULTS: readonly Fault[] = [
  killWorker,
  killApi,
  killTemporal,
  killPostgres,
  workerCommits,
  rollingWorkers,
  rollingApis,
  freezeWorker,
  temporalGone,
  temporalHole,
  postgresGone,
  postgresHole,
];

/** What every change is tested with. */
export const SHORT: readonly Fault[] = [
  killWorker,
  killApi,
  fewWorkerCommits,
  rollingWorkers,
  rollingApis,
  temporalHole,
];
