import { PROBLEMS, type Slug } from './problem-catalogue.ts';

/** What is wrong with one field. */
export interface FieldError {
  /** JSON Pointer into the body, or `/name` of a parameter. */
  readonly pointer: string;
  readonly detail: string;
}

/** An answer that is not a success; throw it anywhere below a handler. */
export class ApiProblem extends Error {
  override name = 'ApiProblem';
  readonly slug: Slug;
  readonly detail: string;
  /** Further members of the problem. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    slug: Slug,
    detail: string,
    more: { members?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(slug);
    this.slug = slug;
    this.detail = detail;
    this.members = more.members ?? {};
    this.headers = more.headers ?? {};
  }
}

/** Seconds after which trying again makes sense. */
const RETRY_AFTER: Partial<Record<Slug, number>> = {
  'rate-limited': 1,
  overloaded: 1,
  'database-unavailable': 5,
  'workflow-unavailable': 5,
  'not-ready': 5,
};

export const retryAfter = (slug: Slug): Record<string, string> => {
  const seconds = RETRY_AFTER[slug];
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
};

/** Some sentences quote a name that was sent; nobody needs all of a long one. */
const MAX_DETAIL = 400;
/** A body can break as many rules as it has fields. */
const MAX_ERRORS = 100;

/** The body of a problem (RFC 9457). */
export function problemBody({ slug, detail: whole, members }: ApiProblem, request_id: string) {
  const detail = whole.length > MAX_DETAIL ? `${whole.slice(0, MAX_DETAIL).replace(/[\ud800-\udbff]$/, '')}…` : whole;
  const { status, title } = PROBLEMS[slug];
  return { type: `/problems/${slug}`, title, status, detail, request_id, ...members };
}

export function validationProblem(errors: readonly FieldError[]): ApiProblem {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new ApiProblem('validation', `${first?.pointer ?? ''} ${first?.detail ?? 'cannot be used'}${more}`, {
    members: { errors: errors.slice(0, MAX_ERRORS) },
  });
}

/** Whoever throws it where guesses are possible counts the request first. */
export const unauthorized = (detail: string): ApiProblem =>
  new ApiProblem('unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="twinloop"' } });

export const notFound = (what: string): ApiProblem => new ApiProblem('not-found', `There is no ${what}.`);
