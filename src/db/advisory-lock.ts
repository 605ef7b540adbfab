import type postgres from 'postgres';

/** What only one process may do at a time; any numbers, each its own. */
export const ADVISORY_LOCKS = { migrations: 7_412_091, sweepSchedule: 7_412_092 } as const;

/** Runs `work` while no other process holds the lock; waits for its turn. The lock ends with a connection that dies. */
export async function withAdvisoryLock<T>(sql: postgres.Sql, lock: number, work: () => Promise<T>): Promise<T> {
  return (await sql.begin(async (tx) => {
    // This transaction only holds the lock, for as long as the work takes on other connections.
    await tx`set local idle_in_transaction_session_timeout = 0`;
    await tx`select pg_advisory_xact_lock(${lock})`;
    return work();
  })) as T;
}
