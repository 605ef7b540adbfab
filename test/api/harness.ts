import { randomBytes } from 'node:crypto';
import { createApp } from '../../src/api/app.ts';
import type { ApiDeps } from '../../src/api/deps.ts';
import type { TwinControl } from '../../src/control/twin-control.ts';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { createKey } from '../../src/db/key-writes.ts';
import type { KeyRole } from '../../src/db/vocabulary.ts';
import { createLearner } from '../../src/learner/learner.ts';
import { starterPersona } from '../../src/persona/default-persona.ts';
import type { RunAnswer, RunRequest } from '../../src/workflows/contract.ts';
import { createTestDatabase } from '../support/database.ts';

export const DEFAULTS = {
  min_events: 5,
  cooldown_minutes: 30,
  auto_publish: false,
  run_regression_gate: true,
  trial_share: 0,
};

/** The port to Temporal, faked: it remembers what it was asked. */
interface FakeControl extends TwinControl {
  readonly pokes: { twin: string; signal: string }[];
  readonly requests: RunRequest[];
  /** What `requestRun` does; tests replace it. */
  onRequest: (twin: string, request: RunRequest) => Promise<RunAnswer>;
}

function fakeControl(): FakeControl {
  const control: FakeControl = {
    pokes: [],
    requests: [],
    onRequest: async () => ({ enqueued: false, reason: 'paused' }),
    async poke(twin, signal) {
      control.pokes.push({ twin: twin.id, signal });
      return true;
    },
    async requestRun(twin, request) {
      control.requests.push(request);
      return control.onRequest(twin.id, request);
    },
    async settle() {},
  };
  return control;
}

export interface Answer<T = Json> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}
// An answer of any shape, looked into by assertions.
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

interface Call {
  /** Undefined sends the owner's key, null none. */
  readonly key?: string | null;
  /** Sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface TestApi {
  readonly app: ReturnType<typeof createApp>;
  readonly database: OpenDatabase;
  readonly control: FakeControl;
  readonly logged: string[];
  readonly keys: Readonly<Record<KeyRole, string>>;
  /** Owner key of another tenant. */
  readonly stranger: string;
  call(method: string, path: string, call?: Call): Promise<Answer>;
  /** A new twin with the starter persona, or none; its id. */
  twin(options?: { spec?: boolean; key?: string; policy?: object }): Promise<string>;
  close(): Promise<void>;
}

let count = 0;
/** A name that no other test of this run uses. */
export const unique = (prefix: string): string => `${prefix}-${(count += 1)}`;

/** The app on a database of its own. `overrides` see the dependencies before the app does. */
export async function openTestApi(overrides: Partial<ApiDeps> = {}): Promise<TestApi> {
  const own = await createTestDatabase();
  const database = openDatabase(own.url);
  const learner = createLearner(own.url);
  const control = fakeControl();
  const logged: string[] = [];
  const app = createApp({
    db: database,
    control,
    learner,
    temporalHealth: async () => true,
    defaults: DEFAULTS,
    feedbackTokenKeys: [{ id: 'test', secret: randomBytes(32) }],
    log: (level, message, fields) => logged.push(JSON.stringify({ level, message, ...fields })),
    ...overrides,
  });
  const key = async (tenant_id: string, role: KeyRole) =>
    (await createKey(database.db, { tenant_id, role, name: `${role} of ${tenant_id}` })).key;
  const keys = {
    owner: await key('ours', 'owner'),
    ingest: await key('ours', 'ingest'),
    viewer: await key('ours', 'viewer'),
  };
  const call: TestApi['call'] = async (method, path, { key: sent, body, headers } = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await app.request(path, {
      method,
      headers: {
        ...(sent === null ? {} : { authorization: `Bearer ${sent ?? keys.owner}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /[/+]json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  };
  return {
    app,
    database,
    control,
    logged,
    keys,
    stranger: await key('theirs', 'owner'),
    call,
    async twin({ spec = true, key: owner, policy } = {}) {
      const id = unique('twin');
      const body = { id, name: 'Mara', ...(spec ? { spec: starterPersona } : {}), ...(policy ? { policy } : {}) };
      const { status, body: said } = await call('POST', '/twins', { body, ...(owner ? { key: owner } : {}) });
      if (status !== 201) throw new Error(`no twin: ${JSON.stringify(said)}`);
      return id;
    },
    async close() {
      await learner.close();
      await database.close();
      await own.drop();
    },
  };
}
