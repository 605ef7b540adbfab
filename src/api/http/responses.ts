import { z } from '@hono/zod-openapi';
import { PROBLEMS, type Slug } from './problem-catalogue.ts';
import { retryAfter } from './problems.ts';

const problemSchema = z
  .looseObject({
    type: z.string().openapi({ example: '/problems/validation', description: 'Its explanation is behind this path.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    request_id: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .openapi('Problem');

/** Spread it into a route's responses: an answer of JSON. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
});

/** A body that must be there, or may be missing. */
export const requiredBody = <T extends z.ZodType>(schema: T) => ({
  body: { content: { 'application/json': { schema } }, required: true as const },
});
export const optionalBody = <T extends z.ZodType>(schema: T) => ({
  body: { content: { 'application/json': { schema } }, required: false as const },
});

const ALWAYS = [
  'unauthorized',
  'forbidden',
  'validation',
  'rate-limited',
  'internal-error',
  'database-unavailable',
] as const;
const OF_BODIES = ['malformed-json', 'payload-too-large', 'unsupported-media-type'] as const;

/**
 * Spread it into a route's responses: the problems it may answer with, by status. Typed as nothing, because they are
 * thrown, never returned.
 */
export function problems(...slugs: readonly Slug[]): Record<never, never> {
  const responses: Record<number, object> = {};
  for (const slug of slugs) {
    const { status } = PROBLEMS[slug];
    const same = slugs.filter((one) => PROBLEMS[one].status === status);
    responses[status] = {
      description: same.map((one) => `\`${one}\`: ${PROBLEMS[one].title}`).join('; '),
      content: { 'application/problem+json': { schema: problemSchema } },
      ...(Object.keys(retryAfter(slug)).length > 0
        ? { headers: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } } }
        : {}),
    };
  }
  return responses;
}

/** Of a route that only reads. */
export const readProblems = (...slugs: readonly Slug[]) => problems(...ALWAYS, ...slugs);
/** Of a route with a body. */
export const bodyProblems = (...slugs: readonly Slug[]) => problems(...ALWAYS, ...OF_BODIES, ...slugs);
