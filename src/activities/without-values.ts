import { ApplicationFailure } from '@temporalio/common';
import { errorCodes, isConnectionError } from '../db/client.ts';

/** Drizzle's error holds the query; a wrapped one is told by its cause. */
function isQueryError(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('query' in cause || cause.name === 'PostgresError') return true;
  }
  return false;
}

/** SQLSTATE or Node's code of a failed query; undefined for an error that is no database's. */
function databaseCode(error: unknown): string | undefined {
  if (!isConnectionError(error) && !isQueryError(error)) return undefined;
  return errorCodes(error).at(-1) ?? 'unknown';
}

/**
 * Failures are stored in clear in a workflow's history, and the text of a failed query holds its parameters and the
 * row it failed on: only its code may leave an activity.
 */
export function withoutValues<A extends readonly unknown[], R>(
  activity: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await activity(...args);
    } catch (error) {
      const code = databaseCode(error);
      if (code === undefined) throw error;
      throw ApplicationFailure.create({ type: 'DatabaseError', message: `a query failed with code ${code}` });
    }
  };
}
