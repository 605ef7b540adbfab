import { OpenAPIHono, type Hook } from '@hono/zod-openapi';
import type { z } from 'zod';
import { formatPointer } from '../../persona/pointer.ts';
import type { ApiEnv } from './env.ts';
import { notFound, validationProblem, type FieldError } from './problems.ts';

type Issue = z.core.$ZodIssue;

/** Each issue of zod as a pointer to the field and a sentence about it. */
export function fieldErrors(issues: readonly Issue[]): FieldError[] {
  return issues.flatMap((issue): FieldError[] => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ pointer: formatPointer([...path, key]), detail: 'is not a known field' }));
    }
    const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
    return [{ pointer: formatPointer(path), detail: missing ? 'is required' : issue.message }];
  });
}

/** A name in the path that cannot exist is not found; only trace ids come from outside and have rules to break. */
const onInvalid: Hook<unknown, ApiEnv, string, unknown> = (result) => {
  if (result.success) return;
  const errors = fieldErrors(result.error.issues);
  if (result.target === 'param' && errors.every(({ pointer }) => pointer !== '/trace_id')) {
    throw notFound('thing of this name');
  }
  throw validationProblem(errors);
};

/** The one way to make the app and each group of it, so that all refuse in the same words. */
export const createRouter = () => new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });
export type Router = ReturnType<typeof createRouter>;
