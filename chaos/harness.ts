import { Children } from '../bench/throughput/system/children.ts';
import type { Fault } from './fault.ts';
import { startVoter } from './load/voter-process.ts';
import { runFault, type Row, type Run } from './run-fault.ts';
import type { Build } from './system/build.ts';
import { startChaosSystem, type ChaosSystem } from './system/system.ts';

export interface HarnessOptions extends Pick<Run, 'seed' | 'progress' | 'stuckAfterMs'> {
  readonly build: Build;
  readonly sweeps?: boolean;
  /** A value of TEMPORAL_CODEC_KEYS: payloads are encrypted then. */
  readonly codecKeys?: string;
}

export interface Harness {
  readonly system: ChaosSystem;
  run(fault: Fault): Promise<Row>;
  /** Ends every process at once. */
  stop(): Promise<void>;
}

/** Starts the system and the voter, both of which end with this process, however that ends. */
export async function startHarness({ build, sweeps = true, codecKeys, ...options }: HarnessOptions): Promise<Harness> {
  const children = new Children((line) => options.progress(`  ${line}`));
  const end = (): void => children.end();
  process.on('exit', end);
  const system = await startChaosSystem(children, build, codecKeys);
  const voter = startVoter();
  const known = new Set<string>();
  return {
    system,
    run: (fault) => runFault({ ...options, system, voter, folder: children.folder, known, sweeps }, fault),
    async stop() {
      voter.end();
      await system.stop();
      end();
      process.off('exit', end);
    },
  };
}
