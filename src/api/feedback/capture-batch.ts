import type { z } from '@hono/zod-openapi';
import type { Caller } from '../../db/keys.ts';
import { ApiProblem, problemBody, validationProblem } from '../http/problems.ts';
import { fieldErrors } from '../http/router.ts';
import { textErrors } from '../http/text.ts';
import { batchItemSchema, type batchResultSchema } from '../schemas/feedback.ts';
import type { Capture, Captured } from './capture.ts';
import type { Ballot } from './resolve-votes.ts';

/** One item, checked: a ballot, or the problem with it, its pointers from the root of the body. */
function readItem(caller: Caller, item: unknown, index: number): Ballot | ApiProblem {
  const bad = textErrors(item);
  const parsed = bad.length > 0 ? undefined : batchItemSchema.safeParse(item);
  if (parsed?.success === true) {
    const { trace_id, ...vote } = parsed.data;
    return { caller, trace_id, vote };
  }
  const errors = parsed === undefined ? bad : fieldErrors(parsed.error.issues);
  return validationProblem(errors.map(({ pointer, detail }) => ({ pointer: `/items/${index}${pointer}`, detail })));
}

function traceOf(item: unknown): string | null {
  const trace = typeof item === 'object' && item !== null && 'trace_id' in item ? item.trace_id : null;
  return typeof trace === 'string' && textErrors(trace).length === 0 ? trace.slice(0, 200) : null;
}

/** Takes a batch in: all good items in one transaction; a result or a problem for each, in the order sent. */
export async function captureBatch(
  capture: Capture,
  caller: Caller,
  items: readonly unknown[],
  { learn, requestId }: { readonly learn: 'now' | 'later' | undefined; readonly requestId: string },
): Promise<z.infer<typeof batchResultSchema>> {
  const read = items.map((item, index) => readItem(caller, item, index));
  const ballots = read.flatMap((one) => (one instanceof ApiProblem ? [] : [one]));
  const captured = await capture.batch(ballots, learn);
  let taken = 0;
  const answers = read.map((one): Captured => (one instanceof ApiProblem ? one : (captured[taken++] ?? noAnswer())));
  const results = answers.flatMap((one) => (one instanceof ApiProblem ? [] : [one]));
  return {
    items: answers.map((one, index) =>
      one instanceof ApiProblem
        ? { success: false as const, trace_id: traceOf(items[index]), ...problemBody(one, requestId) }
        : one,
    ),
    stored: results.filter((one) => !one.duplicate).length,
    duplicate: results.filter((one) => one.duplicate).length,
    not_counted: results.filter((one) => !one.duplicate && !one.counted).length,
    failed: answers.length - results.length,
  };
}

const noAnswer = (): ApiProblem => new ApiProblem('internal-error', 'The vote got no answer.');
