import { ApplicationFailure } from '@temporalio/common';
import { databaseCode } from '../db/errors.ts';

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
