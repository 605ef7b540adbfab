import { WorkflowUpdateFailedError, isGrpcServiceError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, NamespaceNotFoundError } from '@temporalio/common';

/**
 * late: no answer in time, and what was sent may have arrived; away: it did not arrive, or its workflow ended first, and
 * trying later can help; fault: it was refused, and will be again until somebody mends the request or the settings.
 */
export type Trouble = 'late' | 'away' | 'fault';

/** gRPC's codes, as far as they tell one trouble from another. */
const DEADLINE_EXCEEDED = 4;
const CANCELLED = 1;
const FAULTS: Readonly<Record<number, string>> = {
  3: 'INVALID_ARGUMENT',
  7: 'PERMISSION_DENIED',
  12: 'UNIMPLEMENTED',
  16: 'UNAUTHENTICATED',
};

/** The server's word for an update whose workflow was terminated before it had its answer. */
const WORKFLOW_ENDED = 'AcceptedUpdateCompletedWorkflow';

/** What went wrong in a call of Temporal's client, and a word that names it without any text of the message. */
export function troubleOf(error: unknown): { readonly trouble: Trouble; readonly code: string } {
  const code = error instanceof Error ? error.name : 'unknown';
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof WorkflowUpdateFailedError) return refusedUpdate(cause);
    if (cause instanceof NamespaceNotFoundError) return { trouble: 'fault', code: 'NamespaceNotFound' };
    if (!isGrpcServiceError(cause)) continue;
    const fault = FAULTS[cause.code];
    if (fault !== undefined) return { trouble: 'fault', code: fault };
    if (cause.code === DEADLINE_EXCEEDED || cause.code === CANCELLED) return { trouble: 'late', code };
  }
  return { trouble: 'away', code };
}

/** A refusal by the workflow's check, or an activity's failure that no attempt can mend, is a bug; an outage is none. */
function refusedUpdate({ cause }: WorkflowUpdateFailedError): ReturnType<typeof troubleOf> {
  const failure = cause instanceof ActivityFailure ? cause.cause : cause;
  const type = failure instanceof ApplicationFailure ? (failure.type ?? failure.name) : (failure?.name ?? 'unknown');
  const mendable =
    cause instanceof ActivityFailure ? cause.retryState !== 'NON_RETRYABLE_FAILURE' : type === WORKFLOW_ENDED;
  return { trouble: mendable ? 'away' : 'fault', code: type };
}
