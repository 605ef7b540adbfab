import { join } from 'node:path';
import { Children } from '../bench/throughput/system/children.ts';
import { startVoter } from './load/voter-process.ts';
import type { Fault } from './fault.ts';
import { runFault, type Row } from './run-fault.ts';
import { buildInto, type Build } from './system/build.ts';
import { startChaosSystem, type ChaosSystem } from './system/system.ts';

export interface HarnessOptions {
  readonly seed: number;
  readonly progress: (line: string) => void;
  /** Another build than the sources'. */
  readonly change?: (build: Build, folder: string) => Promise<Build>;
  readonly sweeps?: boolean;
}

export interface Harness {
  readonly system: ChaosSystem;
  run(fault: Fault): Promise<Row>;
  stop(): Promise<void>;
}

/** Builds and starts everything; ends with this process, however that ends. */
export async function startHarness({ seed, progress, change, sweeps = true }: HarnessOptions): Promise<Harness> {
  const children = new Children((line) => progress(`  ${line}`));
  const end = (): void => children.end();
  process.on('exit', end);
  const original = await buildInto(join(children.folder, 'build'));
  const build = change === undefined ? original : await change(original, join(children.folder, 'changed'));
  const system = await startChaosSystem(children, build);
  const voter = startVoter();
  const known = new Set<string>();
  return {
    system,
    run: (fault) => runFault({ system, voter, seed, folder: children.folder, known, sweeps, progress }, fault),
    async stop() {
      voter.end();
      await system.stop();
      end();
      process.off('exit', end);
    },
  };
}
