import { ApplicationFailure } from '@temporalio/common';
import { isConnectionError } from '../db/client.ts';

/** SQLSTATE or Node's code of a failed query; undefined for an error that is no database's. */
function databaseCode(error: unknown): string | undefined {
  let ofDatabase = isConnectionError(error);
  let code = 'unknown';
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    ofDatabase ||= 'query' in cause || cause.name === 'PostgresError';
    if ('code' in cause && typeof cause.code === 'string') code = cause.code;
  }
  return ofDatabase ? code : undefined;
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
