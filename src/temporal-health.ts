import type { Connection } from '@temporalio/client';

const TIMEOUT_MS = 1_000;
const SERVING = 1;

/** What a client's and a worker's connection have in common here. */
export type Asked = Pick<Connection, 'healthService' | 'withDeadline'>;

/** Whether Temporal answers, within a second. Never rejects. */
export async function temporalAnswers(connection: Asked): Promise<boolean> {
  try {
    const ask = () => connection.healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' });
    return (await connection.withDeadline(Date.now() + TIMEOUT_MS, ask)).status === SERVING;
  } catch {
    return false;
  }
}
