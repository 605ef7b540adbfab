import type postgres from 'postgres';

/** What only one process may do at a time; any numbers, each its own. */
export const ADVISORY_LOCKS = { migrations: 7_412_091, sweepSchedule: 7_412_092 } as const;

/** Runs `work` while no other process holds the lock; waits for its turn. The lock ends with a connection that dies. */
export async function withAdvisoryLock<T>(sql: postgres.Sql, lock: number, work: () => Promise<T>): Promise<T> {
  const connection = await sql.reserve();
  try {
    await connection`select pg_advisory_lock(${lock})`;
    try {
      return await work();
    } finally {
      await connection`select pg_advisory_unlock(${lock})`;
    }
  } finally {
    connection.release();
  }
}
