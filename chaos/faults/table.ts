import type { Fault } from '../fault.ts';
import { killApi, killPostgres, killTemporal, killWorker } from './kills.ts';

/** In the order in which they are tried. */
export const FAULTS: readonly Fault[] = [killWorker, killApi, killTemporal, killPostgres];

/** What every change is tested with. */
export const SHORT: readonly Fault[] = [killWorker, killApi];
