import { isGrpcDeadlineError } from '@temporalio/client';
import proto from '@temporalio/proto';
import { registerSearchAttributes } from '../search-attributes.ts';
import type { TemporalClient } from '../temporal.ts';
import { waitUntil } from './readiness.ts';
import { UserError } from './user-error.ts';

const START_TIMEOUT_MS = 30_000;
const CALL_TIMEOUT_MS = 5_000;
/** The dev server forgets a finished workflow after a day; a week lets one look back. */
const RETENTION_SECONDS = 7 * 24 * 60 * 60;

/** Waits until the server answers and has our search attributes; `own` is a dev server we started. Throws UserError. */
export async function prepareNamespace(temporal: TemporalClient, own: boolean): Promise<void> {
  const { client, connection, namespace, address } = temporal;
  const bounded = <T>(work: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + CALL_TIMEOUT_MS, work);
  let reason = 'no answer';
  const answers = await waitUntil(async () => {
    try {
      await bounded(() => client.workflowService.describeNamespace({ namespace }));
      return true;
    } catch (error) {
      reason = isGrpcDeadlineError(error) ? 'no answer' : String(error);
      return false;
    }
  }, START_TIMEOUT_MS);
  if (!answers) {
    throw new UserError(
      `Temporal at ${address} (namespace ${namespace}) does not answer: ${reason}. Check TEMPORAL_ADDRESS.`,
    );
  }
  await bounded(() => registerSearchAttributes(connection, namespace));
  if (!own) return;
  const retention = proto.google.protobuf.Duration.fromObject({ seconds: RETENTION_SECONDS });
  const config = { workflowExecutionRetentionTtl: retention };
  await bounded(() => client.workflowService.updateNamespace({ namespace, config }));
}
