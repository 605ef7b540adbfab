import { ApplicationFailure } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { UNSTORABLE } from '../learning/storable.ts';
import { TWIN_WORKFLOW, twinWorkflowId } from './contract.ts';

/** An activity would try for ever to store what cannot be stored. */
const text = (most: number) => (value: unknown) =>
  typeof value === 'string' && value.length > 0 && value.length <= most && !UNSTORABLE.test(value);
const flag = (value: unknown) => typeof value === 'boolean';
const optional = (check: (value: unknown) => boolean) => (value: unknown) => value === undefined || check(value);

/** As the API's schema has it, where a code point may be two code units. */
const RUN_REQUEST: Readonly<Record<string, (value: unknown) => boolean>> = {
  request_id: text(200),
  actor: text(400),
  force: flag,
  min_events: optional((value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1_000_000),
  auto_publish: optional(flag),
  run_regression_gate: optional(flag),
  reason: optional(text(4_000)),
};

/** Type of the failure that refuses what a caller sent; another attempt would be refused, too. */
const BAD_INPUT = 'BadInput';

/** Validator of `requestRun`: refuses before anything is written to the history. Throws ApplicationFailure, without values. */
export function checkRunRequest(request: unknown): void {
  const given = typeof request === 'object' && request !== null ? request : {};
  const values = new Map(Object.entries(given));
  const wrong = Object.entries(RUN_REQUEST).flatMap(([field, check]) => (check(values.get(field)) ? [] : [field]));
  const unknown = [...values.keys()].some((field) => !(field in RUN_REQUEST));
  if (wrong.length === 0 && !unknown) return;
  const problem =
    wrong.length > 0 ? `missing or not usable: ${wrong.join(', ')}` : 'it has fields that are not known here';
  throw ApplicationFailure.nonRetryable(
    `requestRun takes { request_id, actor, force, min_events?, auto_publish?, run_regression_gate?, reason? }; ${problem}`,
    BAD_INPUT,
  );
}

/**
 * The twin that a workflow was started for. Throws ApplicationFailure where the input does not name the twin of its own
 * id: the workflow fails at once, and the next poke starts a right one in its place.
 */
export function twinIdOf(input: unknown): string {
  const twinId = typeof input === 'object' && input !== null && 'twinId' in input ? input.twinId : undefined;
  const { workflowId } = workflowInfo();
  if (typeof twinId === 'string' && twinWorkflowId(twinId) === workflowId) return twinId;
  throw ApplicationFailure.nonRetryable(
    `the workflow ${workflowId} was started with the input of another: it takes { twinId }, and its id is ${twinWorkflowId('<twinId>')}`,
    BAD_INPUT,
  );
}

/**
 * Runs in the place of a workflow type that this code does not know. Under a twin's id it would keep the twin from ever
 * starting, so it fails at once; any other waits, its task tried again, for a worker that knows it.
 */
export async function unknownWorkflow(): Promise<never> {
  const { workflowId, workflowType } = workflowInfo();
  const problem = `this worker has no workflow type ${workflowType}`;
  if (!workflowId.startsWith(twinWorkflowId(''))) throw new TypeError(problem);
  throw ApplicationFailure.nonRetryable(`${problem}, and ${workflowId} is the id of a ${TWIN_WORKFLOW}`, BAD_INPUT);
}
