import { stopServers } from './servers.ts';
import { closeTemporal } from './temporal.ts';

/** Mocha calls it once, after the last test. */
export async function mochaGlobalTeardown(): Promise<void> {
  try {
    await closeTemporal();
  } finally {
    await stopServers();
  }
}
