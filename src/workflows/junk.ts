import { defaultPayloadConverter, METADATA_ENCODING_KEY, type Payload } from '@temporalio/common';
import { decode } from '@temporalio/common/lib/encoding.js';
import { log, type WorkflowInterceptors } from '@temporalio/workflow';
import { ENCRYPTED } from './contract.ts';

/** The SDK fails the workflow task over a signal under such a name. */
const RESERVED = '__temporal_';

/**
 * Anybody with a command line may send a workflow anything, and what the SDK cannot take fails the workflow task, which is
 * tried again for ever. So a signal under a reserved name goes unheard, and arguments that cannot be decoded count as
 * none: a poke has no content, and every handler checks what it is given. An update with such arguments is refused by the
 * SDK; the results of activities are left alone, where what cannot be decoded stays an error.
 */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        const { activation } = input;
        activation.jobs = (activation.jobs ?? []).filter((job) => {
          const { signalWorkflow, queryWorkflow, initializeWorkflow, resolveActivity } = job;
          const signal = signalWorkflow?.signalName ?? '';
          if (signal.startsWith(RESERVED)) {
            log.warn('Signal under a reserved name ignored', { signal });
            return false;
          }
          if (signalWorkflow && !decodable(signalWorkflow.input)) {
            log.warn('Signal whose content cannot be decoded taken as one without', { signal });
            signalWorkflow.input = [];
          }
          refuseEncrypted(initializeWorkflow?.arguments);
          refuseEncrypted([resolveActivity?.result?.completed?.result]);
          if (queryWorkflow && !decodable(queryWorkflow.arguments)) queryWorkflow.arguments = [];
          if (initializeWorkflow && !decodable(initializeWorkflow.arguments)) initializeWorkflow.arguments = [];
          return true;
        });
        next(input);
      },
    },
  ],
});

/** What this worker cannot decrypt is not junk, but its own lack: the task waits for a worker with the key. */
function refuseEncrypted(payloads: readonly (Payload | null | undefined)[] | null | undefined): void {
  for (const payload of payloads ?? []) {
    const encoding = payload?.metadata?.[METADATA_ENCODING_KEY];
    if (encoding && decode(encoding) === ENCRYPTED) {
      throw new TypeError('a payload is encrypted with a key that this worker lacks: see TEMPORAL_CODEC_KEYS');
    }
  }
}

function decodable(payloads: readonly Payload[] | null | undefined): boolean {
  try {
    for (const payload of payloads ?? []) defaultPayloadConverter.fromPayload(payload);
    return true;
  } catch {
    // An encoding that nobody here knows, or JSON that is none: whatever the converter throws over foreign bytes.
    return false;
  }
}
