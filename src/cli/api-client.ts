import type { z } from 'zod';
import type { batchResultSchema, feedbackResultSchema } from '../api/schemas/feedback.ts';
import type { jobDetailSchema, jobLogPage } from '../api/schemas/job.ts';
import type { learningSchema, policySchema } from '../api/schemas/learning.ts';
import type { runAnswerSchema, runRequestSchema } from '../api/schemas/run.ts';
import type { consentSchema, specDetailSchema } from '../api/schemas/spec.ts';
import type { newTwinSchema, twinSchema } from '../api/schemas/twin.ts';
import type { Config } from '../config.ts';
import type { PromptPlan } from '../persona/compile.ts';
import { createHttp, createHttpReader, type HttpOptions } from './support/http.ts';

export type Twin = z.infer<typeof twinSchema>;
export type Learning = z.infer<typeof learningSchema>;
export type JobDetail = z.infer<typeof jobDetailSchema>;
export type JobLogPage = z.infer<typeof jobLogPage>;
export type RunAnswer = z.infer<typeof runAnswerSchema>;
export type FeedbackResult = z.infer<typeof feedbackResultSchema>;
export type BatchResult = z.infer<typeof batchResultSchema>;
export type SpecDetail = z.infer<typeof specDetailSchema>;
export type Prompt = PromptPlan & { readonly trace_id: string; readonly spec_version: string };

/** Of one vote; the server checks its fields and says what is wrong with each. */
export type VoteBody = Readonly<Record<string, unknown>> & { readonly score: 1 | -1 };

export interface Batch {
  readonly items: readonly (VoteBody & { readonly trace_id: string })[];
  /** later: the twins begin no unforced run before the last batch. */
  readonly learn: 'now' | 'later';
}

const REQUEST_TIMEOUT_MS = 30_000;
/** The API ends an export after 10 minutes. */
const EXPORT_TIMEOUT_MS = 11 * 60_000;

/** The routes that the command uses. Each throws ApiProblemError or ApiUnreachableError, whose messages are for people. */
export function createApiClient({ apiUrl, apiKey }: Pick<Config, 'apiUrl' | 'apiKey'>) {
  const http = createHttp(apiUrl, apiKey);
  const read = createHttpReader(apiUrl, apiKey);
  const call = <T>(method: HttpOptions['method'], path: string, more: Partial<HttpOptions> = {}): Promise<T> =>
    http<T>({ method, path, timeoutMs: REQUEST_TIMEOUT_MS, ...more });
  const twinPath = (id: string): string => `/twins/${encodeURIComponent(id)}`;
  const specPath = (id: string, version: string): string => `${twinPath(id)}/persona-specs/${version}`;

  return {
    url: apiUrl,
    createTwin: (body: z.input<typeof newTwinSchema>) => call<Twin>('POST', '/twins', { body }),
    twin: (id: string) => call<Twin>('GET', twinPath(id)),
    learning: (id: string) => call<Learning>('GET', `${twinPath(id)}/learning`),
    patchPolicy: (id: string, body: z.input<typeof policySchema>) =>
      call<Learning>('PATCH', `${twinPath(id)}/learning-policy`, { body }),
    prompt: (id: string, body: { readonly intent_label: string; readonly query?: string; readonly channel: string }) =>
      call<Prompt>('POST', `${twinPath(id)}/prompt`, { body }),
    vote: (traceId: string, body: VoteBody) =>
      call<FeedbackResult>('POST', `/feedback/${encodeURIComponent(traceId)}`, { body }),
    sendBatch: (body: Batch) => call<BatchResult>('POST', '/feedback', { body }),
    /** Waits up to `waitSeconds` (60 at most) for the run's end; without `run` in the answer it has not ended. */
    requestRun: (id: string, body: z.input<typeof runRequestSchema>, waitSeconds: number) =>
      call<RunAnswer>('POST', `${twinPath(id)}/persona-feedback-learning/runs`, {
        body,
        headers: { prefer: `wait=${waitSeconds}` },
        timeoutMs: REQUEST_TIMEOUT_MS + waitSeconds * 1_000,
      }),
    job: (id: string) => call<JobDetail>('GET', `/jobs/${encodeURIComponent(id)}`),
    /** Newest first. */
    jobLogs: (id: string) => call<JobLogPage>('GET', `/jobs/${encodeURIComponent(id)}/logs?limit=200`),
    spec: (id: string, version: string) => call<SpecDetail>('GET', specPath(id, version)),
    /** What is stored of a twin, of a rater, or of a rater in a twin; `take` gets the lines as they come. */
    readExport: <T>(
      { twin, rater }: { readonly twin?: string | undefined; readonly rater?: string | undefined },
      take: (body: AsyncIterable<Uint8Array>) => Promise<T>,
    ) => {
      const within = twin === undefined ? '' : `?twin_id=${encodeURIComponent(twin)}`;
      const path =
        rater === undefined ? `${twinPath(twin ?? '')}/export` : `/raters/${encodeURIComponent(rater)}/export${within}`;
      const options = { method: 'GET', path, timeoutMs: EXPORT_TIMEOUT_MS } as const;
      return read(options, ({ body }) => take((body ?? []) as AsyncIterable<Uint8Array>));
    },
    approve: (id: string, version: string, body: z.input<typeof consentSchema>) =>
      call<SpecDetail>('POST', `${specPath(id, version)}/approve`, { body }),
  };
}

export type ApiClient = ReturnType<typeof createApiClient>;
