import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodes, isConnectionError } from './errors.ts';

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 25;
/** What failed after so long is not tried again: whoever waits for it has waited enough. */
const PATIENCE_MS = 5_000;

const DEADLOCK = '40P01';
const SERIALIZATION_FAILURE = '40001';

const mayPass = (error: unknown): boolean =>
  isConnectionError(error) || errorCodes(error).some((code) => code === DEADLOCK || code === SERIALIZATION_FAILURE);

/**
 * Runs a transaction again, whole, when a deadlock, a serialization failure or the connection ended it soon: a few times
 * within a second. `work` must do the same when it runs again, also when the lost commit had come through.
 */
export async function runAgain<T>(work: (again: boolean) => Promise<T>): Promise<T> {
  const begun = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt > 1);
    } catch (error) {
      const late = performance.now() - begun > PATIENCE_MS;
      if (attempt === ATTEMPTS || late || !mayPass(error)) throw error;
      // With chance in it: of two that met, one comes first.
      await sleep(FIRST_DELAY_MS * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}
