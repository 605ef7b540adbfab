import { METADATA_ENCODING_KEY } from '@temporalio/common';
import type { NamedKey } from '../../named-keys.ts';
import { KEY_ID } from '../../codec/encryption-codec.ts';
import type { TemporalClient } from '../../temporal.ts';
import { ENCRYPTED, TWIN_WORKFLOW } from '../../workflows/contract.ts';
import { examine, missing, ok, type Finding } from './finding.ts';

/** Whether this process can read what the newest twin's workflow was started with: the others need the same keys. */
export async function examinePayloads(
  { client, namespace }: TemporalClient,
  keys: readonly NamedKey[] | undefined,
): Promise<Finding> {
  const configured = keys === undefined ? 'in the clear' : `encrypted with the key ${keys[0]?.id}`;
  const set = 'export TEMPORAL_CODEC_KEYS=... # as the workers have it: docs/privacy.md';
  return examine('payloads', set, async () => {
    const twins = client.workflow.list({ query: `WorkflowType = '${TWIN_WORKFLOW}'`, pageSize: 1 });
    const { value: newest } = await twins[Symbol.asyncIterator]().next();
    if (newest === undefined) return ok(`will be ${configured}; there is no twin's workflow yet`);
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId: newest.workflowId, runId: newest.runId },
      maximumPageSize: 1,
    });
    const [input] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const said = (name: string): string => Buffer.from(input?.metadata?.[name] ?? []).toString();
    if (said(METADATA_ENCODING_KEY) !== ENCRYPTED) return ok(`${configured}; the newest twin's are in the clear`);
    const id = said(KEY_ID);
    if (keys?.some((key) => key.id === id) === true) return ok(`${configured}; the newest twin's with ${id}`);
    return missing(`${newest.workflowId} is encrypted with the key ${id}, which is not set here.`, set);
  });
}
