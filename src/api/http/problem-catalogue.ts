/** Every problem the API answers with: its status, its title, and what a caller should know and do about it. */
export const PROBLEMS = {
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    explanation: 'The body could not be read as UTF-8 JSON. Nothing was done; mend the body and send it again.',
  },
  unauthorized: {
    status: 401,
    title: 'No valid API key',
    explanation:
      'Send an API key as "authorization: Bearer KEY". The key is missing, unknown or revoked, or a feedback token is expired, changed, made by a revoked key, or sent to anything but POST /feedback/{trace_id}; a production server also refuses the development key dev-key.',
  },
  forbidden: {
    status: 403,
    title: 'The key may not do this',
    explanation:
      'Keys have a role: owner may do everything, ingest may send feedback and ask for prompts, viewer may read. Only owner keys may claim an owner context or the owner channel. A feedback token votes on its own answer only, and for its own rater.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    explanation:
      "The path, or what it names, does not exist for your tenant. Another tenant's ids and deleted twins answer the same. A vote on a trace that has no recorded prompt must name its twin_id.",
  },
  'method-not-allowed': {
    status: 405,
    title: 'The path does not take this method',
    explanation: 'The path exists; the header Allow lists the methods that it takes.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    explanation:
      'Limits: a vote 128 KiB, a batch of votes 8 MiB, a persona spec 1 MiB, everything else 64 KiB. Nothing was done.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is not declared as JSON',
    explanation: 'Send "content-type: application/json", without a content-encoding.',
  },
  validation: {
    status: 422,
    title: 'Some fields cannot be used',
    explanation:
      'errors lists each field with a JSON Pointer (RFC 6901) into the body, or the name of the parameter, and what is wrong with it. Nothing was done.',
  },
  'event-id-reused': {
    status: 409,
    title: 'The event id stands for another vote',
    explanation:
      'An event_id is unique in a twin. Sending the same vote under it again is fine and changes nothing; this is a different body. Send it with a new event_id.',
  },
  'feedback-tokens-off': {
    status: 409,
    title: 'The server makes no feedback tokens',
    explanation:
      'Its operator sets FEEDBACK_TOKEN_KEYS=name:BASE64, 32 bytes of `openssl rand -base64 32`, on every API server and starts it again.',
  },
  'twin-id-taken': {
    status: 409,
    title: 'The twin id is taken',
    explanation:
      'Ids of twins are never used twice, not even after a twin was deleted. Choose another, or leave it out.',
  },
  'case-id-taken': {
    status: 409,
    title: 'The twin has a regression case of this id',
    explanation: 'Delete the old case first, or choose another id.',
  },
  'limit-reached': {
    status: 409,
    title: 'There are as many as there may be',
    explanation: 'Delete some first. A twin has 1,000 regression cases at most.',
  },
  'no-active-persona': {
    status: 409,
    title: 'The twin has no persona yet',
    explanation: 'Create a first persona spec with POST /twins/{id}/persona-specs; it is live at once.',
  },
  'gate-failed': {
    status: 409,
    title: 'The regression gate stands in the way',
    explanation:
      'report is the gate report, missing names the checks in the way. An owner\'s draft is published in spite of a failed check by naming it in "acknowledge". A learned candidate is never published on a failed check; an inconclusive one needs "acknowledge" and a "reason".',
  },
  'parent-changed': {
    status: 409,
    title: 'The live persona has changed meanwhile',
    explanation:
      'The version was made for, or compared with, another live persona than active_version. A held candidate is superseded then; for a draft, look at the live one and try again.',
  },
  'active-version-moved': {
    status: 409,
    title: 'Another version is live than you expected',
    explanation: 'active_version is live, not expected_active_version. Look again, then decide.',
  },
  'not-publishable': {
    status: 409,
    title: 'This version cannot be published this way',
    explanation: 'A draft is published, a held candidate approved, an archived version comes back by a rollback.',
  },
  'last-owner-key': {
    status: 409,
    title: 'It is the last key that may decide',
    explanation: 'Make another key of the role owner that does not end by itself, or rotate this one; then end it.',
  },
  'not-held': {
    status: 409,
    title: 'The version does not wait for a decision',
    explanation: 'Only a held candidate can be rejected.',
  },
  'nothing-to-roll-back': {
    status: 409,
    title: 'There is nothing to roll back to',
    explanation: 'Name a to_version that was live before and is not live now.',
  },
  paused: {
    status: 409,
    title: 'The twin is paused',
    explanation: 'Resume its learning first: POST /twins/{id}/learning/resume.',
  },
  'job-in-flight': {
    status: 409,
    title: 'A job of the twin is open',
    explanation: 'A twin has one open learning job at a time. Wait until it has ended.',
  },
  'job-not-failed': {
    status: 409,
    title: 'The job has not failed',
    explanation: 'Only a learning job that failed, or that needs attention, can be retried.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too much at once',
    explanation:
      'Too many requests came with your key, or from your address without a valid key, or your tenant has too many under way: detail says which. Wait as long as Retry-After says, then send it again.',
  },
  'internal-error': {
    status: 500,
    title: 'Something went wrong here',
    explanation: 'It is our fault, and logged under request_id. A vote may be sent again with its event_id.',
  },
  'database-unavailable': {
    status: 503,
    title: 'The database is away',
    explanation: 'Send it again after Retry-After; a vote with an event_id is never counted twice.',
  },
  overloaded: {
    status: 503,
    title: 'The server is overloaded',
    explanation: 'The vote was not stored. Send it again after Retry-After.',
  },
  'workflow-unavailable': {
    status: 503,
    title: 'The twin does not answer',
    explanation:
      'No worker, or no Temporal, answered within 5 seconds. The run may still begin later: see GET /twins/{id}/learning before you ask again. Votes and commands do not need it.',
  },
  'not-ready': {
    status: 503,
    title: 'The server does not take work',
    explanation: 'Its database is away or not migrated, or it is about to stop. Ask another one.',
  },
} as const satisfies Record<string, { status: number; title: string; explanation: string }>;

export type Slug = keyof typeof PROBLEMS;
