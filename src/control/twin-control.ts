import { setTimeout as sleep } from 'node:timers/promises';
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { TwinRef } from '../db/twin-ref.ts';
import type { PokeSource } from '../learning/decide.ts';
import {
  SEARCH_ATTRIBUTES,
  TASK_QUEUES,
  TWIN_WORKFLOW,
  feedbackCaptured,
  requestRun,
  stateChanged,
  twinWorkflowId,
  type RunAnswer,
  type RunRequest,
  type TwinWorkflowInput,
} from '../workflows/contract.ts';
import { troubleOf, type Trouble } from './trouble.ts';

/** A dead Temporal holds an unbounded call for 21 s; nobody waits that long for a poke that the sweep repairs. */
const POKE_DEADLINE_MS = 2_000;
/** Under the 5 s that the caller of a run is promised. */
const REQUEST_DEADLINE_MS = 4_500;

/** No worker, or no Temporal, answered in time. The request may still be carried out later. */
export class WorkflowUnavailableError extends Error {
  override name = 'WorkflowUnavailableError';
}

/** The request was refused, by the workflow or by Temporal: a bug of ours or a wrong setting, which no retry mends. */
export class RunRefusedError extends Error {
  override name = 'RunRefusedError';
  /** What refused it; no text of anybody's. */
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(`the request for a run was refused: ${code}`, { cause });
    this.code = code;
  }
}

/** Hears of each poke that failed, with ids only. A warning is repaired by the sweep; an error is not. */
export type PokeReport = (message: string, level: 'warning' | 'error', fields: { readonly twin_id: string }) => void;

export interface TwinControl {
  /** Wakes the twin's workflow, starting it when there is none. Never throws; false when it may not have arrived. */
  poke(twin: TwinRef, signal: 'feedbackCaptured' | 'stateChanged', source?: PokeSource): Promise<boolean>;
  /** Asks the workflow itself for a run. Throws WorkflowUnavailableError within 5 s, or RunRefusedError. */
  requestRun(twin: TwinRef, request: RunRequest): Promise<RunAnswer>;
  /** Resolves when every call under way has ended: closing a connection during a call crashes Node. */
  settle(): Promise<void>;
}

/** A poke twice is a poke once, and the sweep finds the twins whose poke was lost: only a refusal needs somebody. */
const POKE_TROUBLES: Readonly<Record<Trouble, string>> = {
  late: 'was not answered in time; it may have arrived, and the sweep repairs it otherwise',
  away: 'failed, the sweep will repair it',
  fault: "was refused, and the sweep's will be too until the connection to Temporal is mended",
};

function startOptions(twin: TwinRef) {
  const input: TwinWorkflowInput = { twinId: twin.id };
  return {
    workflowId: twinWorkflowId(twin.id),
    taskQueue: TASK_QUEUES.control,
    args: [input] as [TwinWorkflowInput],
    staticSummary: `Learning loop of twin ${twin.id}`,
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.twinId, value: twin.id },
      { key: SEARCH_ATTRIBUTES.tenantId, value: twin.tenant_id },
    ],
  };
}

export function createTwinControl(client: Client, report: PokeReport): TwinControl {
  const underWay = new Set<Promise<unknown>>();
  const track = async <T>(call: Promise<T>): Promise<T> => {
    underWay.add(call);
    try {
      return await call;
    } finally {
      underWay.delete(call);
    }
  };

  return {
    async poke(twin, signal, source) {
      const definition = signal === 'feedbackCaptured' ? feedbackCaptured : stateChanged;
      const call = client.withDeadline(Date.now() + POKE_DEADLINE_MS, () =>
        client.workflow.signalWithStart(TWIN_WORKFLOW, {
          ...startOptions(twin),
          signal: definition,
          signalArgs: source === undefined ? [] : [{ source }],
        }),
      );
      try {
        await track(call);
        return true;
      } catch (error) {
        const { trouble, code } = troubleOf(error);
        const level = trouble === 'fault' ? 'error' : 'warning';
        report(`poke of twin ${twin.id} ${POKE_TROUBLES[trouble]}: ${code}`, level, { twin_id: twin.id });
        return false;
      }
    },

    async requestRun(twin, request) {
      const startWorkflowOperation = new WithStartWorkflowOperation(TWIN_WORKFLOW, {
        ...startOptions(twin),
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      // The operation's own promise rejects beside the update's; only one of the two is reported.
      startWorkflowOperation.workflowHandle().catch(() => undefined);
      const call = client.withDeadline(Date.now() + REQUEST_DEADLINE_MS, () =>
        client.workflow.executeUpdateWithStart(requestRun, {
          startWorkflowOperation,
          args: [request],
          updateId: request.request_id,
        }),
      );
      const answered = new AbortController();
      // The client's retries may go on for a second after their deadline.
      const late = sleep(REQUEST_DEADLINE_MS, undefined, { signal: answered.signal }).then(() => {
        throw new WorkflowUnavailableError(`twin ${twin.id} did not answer in time`);
      });
      try {
        return await Promise.race([track(call), late]);
      } catch (error) {
        if (error instanceof WorkflowUnavailableError) throw error;
        const { trouble, code } = troubleOf(error);
        if (trouble === 'fault') throw new RunRefusedError(code, error);
        throw new WorkflowUnavailableError(`twin ${twin.id} did not answer`, { cause: error });
      } finally {
        answered.abort();
      }
    },

    async settle() {
      await Promise.allSettled(underWay);
    },
  };
}
