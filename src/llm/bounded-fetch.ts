import { LlmError } from './model.ts';

/**
 * `fetch` that follows no redirect, since it would carry prompt and key elsewhere, and gives up on a body of more than
 * `maxBytes`: its reader gets LlmError 'malformed'.
 */
export function boundedFetch(maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'error' });
    if (response.body === null) return response;
    let bytes = 0;
    const limit = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes <= maxBytes) controller.enqueue(chunk);
        else
          controller.error(new LlmError('malformed', `The language model's answer is larger than ${maxBytes} bytes.`));
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
  };
}
