import type { KeyRole } from '../../../src/db/vocabulary.ts';
import { starterPersona } from '../../../src/persona/default-persona.ts';
import type { Belongings } from './belongings.ts';

/** What test/api/isolation/isolation.test.ts holds an operation to. */
export interface Expectation {
  /** Who may call it; everybody else is 403, and 401 without a valid key. `open`: it asks for no key. */
  readonly roles: readonly KeyRole[] | 'open';
  /** Answer to another tenant's ids in the path. Missing only where the path names nothing. */
  readonly foreign?: 404 | 'nothing to find';
  /** Answer to one's own twin with another tenant's id behind it; missing where there is no such id. */
  readonly foreignPart?: 404 | 'nothing to find';
  /** A body that is taken; nothing is sent otherwise. */
  readonly body?: object;
  /** Which id of a tenant's belongings `{id}` is, where it is no twin's. */
  readonly id?: keyof Belongings;
  /** Sent behind the path. */
  readonly query?: (own: Belongings) => string;
}

const owner = ['owner'] as const;
const readers = ['owner', 'viewer'] as const;
const chats = ['owner', 'ingest'] as const;

/** By operationId: one line for each operation of openapi.json, or the test fails. */
export const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  getHealth: { roles: 'open' },
  getReadiness: { roles: 'open' },
  getMetrics: { roles: 'open' },
  explainProblem: { roles: 'open' },

  createTwin: { roles: owner, body: { name: 'Another' } },
  listTwins: { roles: readers },
  getTwin: { roles: readers, foreign: 404 },
  deleteTwin: { roles: owner, foreign: 404 },

  compilePrompt: { roles: chats, foreign: 404 },

  listFeedbackReasons: { roles: ['owner', 'ingest', 'viewer'] },
  // The trace is the tenant's own name for an answer: only a prompt or a twin_id ties it to a twin.
  sendFeedback: { roles: chats, foreign: 404, body: { score: 1 } },
  sendFeedbackBatch: { roles: chats, body: { items: [{ trace_id: 'of-nobody', score: 1 }] } },
  retractFeedback: { roles: chats, foreign: 404, query: ({ id }) => `?twin_id=${id}` },
  createFeedbackToken: { roles: chats, foreign: 404, body: { trace_id: 'trace-1' } },
  listFeedback: { roles: readers, foreign: 404 },
  removeRater: { roles: owner, foreign: 404, foreignPart: 'nothing to find' },

  getLearning: { roles: readers, foreign: 404 },
  changeLearningPolicy: { roles: owner, foreign: 404, body: { min_events: 7 } },
  pauseLearning: { roles: owner, foreign: 404 },
  resumeLearning: { roles: owner, foreign: 404 },
  clearVeto: { roles: owner, foreign: 404, foreignPart: 404 },

  listRuns: { roles: readers, foreign: 404 },
  requestRun: { roles: owner, foreign: 404, body: { force: true } },
  sweep: { roles: owner },

  listPersonaSpecs: { roles: readers, foreign: 404 },
  createPersonaSpec: { roles: owner, foreign: 404, body: { spec: starterPersona } },
  getActivePersonaSpec: { roles: readers, foreign: 404 },
  getPersonaSpec: { roles: readers, foreign: 404, foreignPart: 404 },
  diffPersonaSpecs: { roles: readers, foreign: 404, foreignPart: 404 },
  publishPersonaSpec: { roles: owner, foreign: 404, foreignPart: 404 },
  approvePersonaSpec: { roles: owner, foreign: 404, foreignPart: 404 },
  rejectPersonaSpec: { roles: owner, foreign: 404, foreignPart: 404 },
  rollback: { roles: owner, foreign: 404 },

  listRegressionCases: { roles: readers, foreign: 404 },
  addRegressionCase: {
    roles: owner,
    foreign: 404,
    body: { id: 'one-more', intent_label: 'advice_or_stance', query: 'q' },
  },
  deleteRegressionCase: { roles: owner, foreign: 404, foreignPart: 404 },

  listJobs: { roles: readers },
  getJob: { roles: readers, foreign: 404, id: 'job_id' },
  listJobLogs: { roles: readers, foreign: 404, id: 'job_id' },
  retryJob: { roles: owner, foreign: 404, id: 'job_id' },

  listAudit: { roles: readers, foreign: 404 },
  listTenantAudit: { roles: readers },

  listKeys: { roles: owner },
  createKey: { roles: owner, body: { role: 'viewer', name: 'another' } },
  rotateKey: { roles: owner, foreign: 404 },
  revokeKey: { roles: owner, foreign: 404 },

  exportTwin: { roles: owner, foreign: 404 },
  // A rater's name is anybody's to use: of one that a tenant does not know it has nothing.
  exportRater: { roles: owner, foreign: 'nothing to find' },
  eraseRater: { roles: owner, foreign: 'nothing to find', query: () => '?dry_run=true' },
};
