import type { Fault } from '../fault.ts';
import { apiCommits } from './api-commits.ts';
import { clockOff } from './clock.ts';
import { fewWorkerCommits, workerCommits } from './commits.ts';
import { freezeWorker } from './freeze.ts';
import { killApi, killPostgres, killTemporal, killWorker } from './kills.ts';
import { ownerCommits } from './owner-commits.ts';
import { postgresGone, postgresHole, temporalGone, temporalHole } from './outages.ts';
import { stoppingApi } from './quiet.ts';
import { rollingApis, rollingWorkers } from './rolling.ts';
import { continueAsNew, sameVote } from './votes.ts';
import { junkSignals, scheduleRace, signalFlood, terminateAndReset } from './workflows.ts';

/** In the order in which they are tried. */
export const FAULTS: readonly Fault[] = [
  killWorker,
  killApi,
  killTemporal,
  killPostgres,
  workerCommits,
  apiCommits,
  ownerCommits,
  rollingWorkers,
  rollingApis,
  stoppingApi,
  freezeWorker,
  temporalGone,
  temporalHole,
  postgresGone,
  postgresHole,
  sameVote,
  continueAsNew,
  terminateAndReset,
  scheduleRace,
  junkSignals,
  clockOff,
  signalFlood,
];

/** What every change is tested with: about two and a half minutes. */
export const SHORT: readonly Fault[] = [
  killWorker,
  killPostgres,
  fewWorkerCommits,
  rollingWorkers,
  rollingApis,
  temporalHole,
  sameVote,
  terminateAndReset,
];
