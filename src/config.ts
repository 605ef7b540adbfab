import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { namedKeysSchema } from './named-keys.ts';
import { httpSettings, httpVariables } from './config-http.ts';
import { databaseTlsProblem } from './db/tls.ts';
import { MAX_TRIAL_SHARE, type LearningDefaults } from './learning/policy.ts';

/** Known to everybody who has read the documentation. */
export const DEVELOPMENT_KEY = 'dev-key';

const port = z.coerce.number().int().min(1).max(65_535);
const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1');

export const environmentSchema = z.object({
  NODE_ENV: z.string().default('development'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warning', 'error']).default('info'),
  WORKER_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  WORKER_METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  ...httpVariables,
  BEHIND_TLS: flag.default(false),
  TEMPORAL_PORT: port.default(7233),
  TEMPORAL_UI_PORT: port.default(8233),
  POSTGRES_PORT: port.default(54_329),
  DATA_DIR: z.string().min(1).default('.data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  TEMPORAL_ADDRESS: z.string().min(1).optional(),
  TEMPORAL_CLI: z.string().min(1).optional(),
  // The server joins both with a dot or a colon, and keeps names that begin with two underscores.
  TEMPORAL_DEPLOYMENT_NAME: z
    .string()
    .max(200)
    .regex(/^(?!__)[^.:\s]+$/, 'must be without dots, colons and spaces, and not begin with __')
    .optional(),
  TEMPORAL_BUILD_ID: z
    .string()
    .max(200)
    .regex(/^(?!__)\S+$/, 'must be without spaces, and not begin with __')
    .optional(),
  TEMPORAL_CODEC_KEYS: namedKeysSchema.optional(),
  TEMPORAL_CODEC_PORT: port.default(8234),
  TWINLOOP_ALLOW_PLAINTEXT: flag.default(false),
  XDG_CACHE_HOME: z.string().optional(),
  PATH: z.string().default(''),
  TWINLOOP_API_KEY: z.string().min(1).default(DEVELOPMENT_KEY),
  TWINLOOP_URL: z.url().optional(),
  FEEDBACK_LEARNING_MIN_EVENTS: z.coerce.number().int().min(1).max(1_000_000).default(5),
  FEEDBACK_LEARNING_COOLDOWN_MINUTES: z.coerce.number().min(0).max(525_600).default(30),
  FEEDBACK_LEARNING_AUTO_PUBLISH: flag.default(false),
  FEEDBACK_LEARNING_RUN_REGRESSION_GATE: flag.default(true),
  FEEDBACK_LEARNING_OPEN_JOBS_PER_TENANT: z.coerce.number().int().min(1).max(100_000).default(8),
  FEEDBACK_LEARNING_TRIAL_SHARE: z.coerce.number().min(0).max(MAX_TRIAL_SHARE).default(0),
  FEEDBACK_TEXT_RETENTION_DAYS: z.coerce.number().int().min(1).max(365).default(180),
  LLM_BASE_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
  LLM_MODEL: z.string().min(1).max(200).optional(),
  // Anything else cannot stand in a header, and the error that says so would quote it.
  LLM_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must hold visible ASCII characters only')
    .optional(),
  LLM_MAX_CALLS: z.coerce.number().int().min(1).max(10_000).default(10),
  LLM_TIME_BUDGET_SECONDS: z.coerce.number().positive().max(600).default(120),
  // A gate's activity has 15 minutes, and needs some for the rest.
  LLM_GATE_MAX_CALLS: z.coerce.number().int().min(0).max(10_000).default(500),
  LLM_GATE_TIME_BUDGET_SECONDS: z.coerce.number().positive().max(780).default(600),
  LLM_REQUEST_TIMEOUT_SECONDS: z.coerce.number().positive().max(600).default(60),
});

export type Config = ReturnType<typeof loadConfig>;

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** What @temporalio/envconfig may read: the TEMPORAL_ variables, and where its configuration file can be. */
function temporalVariables(set: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const wanted = /^(TEMPORAL_.+|HOME|XDG_CONFIG_HOME|APPDATA)$/;
  return Object.fromEntries(
    Object.entries(set).flatMap(([name, value]) => (value !== undefined && wanted.test(name) ? [[name, value]] : [])),
  );
}

/** The environment for a child process: this one's, without the variables in `drop`, with those in `set`. */
export function childEnvironment(
  set: Readonly<Record<string, string>>,
  drop: (name: string) => boolean = () => false,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !drop(name))), ...set };
}

/** A URL's host for an address to listen on: all addresses are reached as this machine, IPv6 stands in brackets. */
function hostForUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

type Environment = z.infer<typeof environmentSchema>;

/** For a setting of several variables of which some are given. */
function configuredByHalf(what: string, needed: Partial<Environment>, otherwise: string): ConfigError {
  const missing = Object.entries(needed).flatMap(([name, given]) => (given === undefined ? [name] : []));
  return new ConfigError(`${what} is configured by half: set ${missing.join(' and ')} too, or unset ${otherwise}.`);
}

/** The language model's endpoint, or undefined where none is named. Throws ConfigError when only half of it is. */
function languageModel(value: Environment) {
  const { LLM_BASE_URL: baseUrl, LLM_MODEL: model, LLM_API_KEY: apiKey } = value;
  if (baseUrl === undefined && model === undefined && apiKey === undefined) return undefined;
  if (baseUrl === undefined || model === undefined) {
    const needed = { LLM_BASE_URL: baseUrl, LLM_MODEL: model };
    throw configuredByHalf('The language model', needed, 'every LLM_ variable');
  }
  const { username, password } = new URL(baseUrl);
  if (username !== '' || password !== '') {
    throw new ConfigError('LLM_BASE_URL holds a user or a password: put the key into LLM_API_KEY.');
  }
  return {
    endpoint: {
      baseUrl,
      model,
      ...(apiKey === undefined ? {} : { apiKey }),
      requestTimeoutMs: value.LLM_REQUEST_TIMEOUT_SECONDS * 1_000,
    },
    budget: { maxCalls: value.LLM_MAX_CALLS, timeMs: value.LLM_TIME_BUDGET_SECONDS * 1_000 },
    ...(value.LLM_GATE_MAX_CALLS === 0
      ? {}
      : { gateBudget: { maxCalls: value.LLM_GATE_MAX_CALLS, timeMs: value.LLM_GATE_TIME_BUDGET_SECONDS * 1_000 } }),
  };
}

/** Which version of which Worker Deployment a worker is. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** The worker's version, or undefined for a worker without one. Throws ConfigError when only half of it is given. */
function workerVersion(value: Environment): WorkerVersion | undefined {
  const { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_BUILD_ID: buildId } = value;
  if (deploymentName === undefined && buildId === undefined) return undefined;
  if (deploymentName === undefined || buildId === undefined) {
    const needed = { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_BUILD_ID: buildId };
    throw configuredByHalf("The worker's version", needed, 'both');
  }
  return { deploymentName, buildId };
}

/** Reads every variable at once. Throws ConfigError with all problems in one message; nothing else reads process.env. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environmentSchema.safeParse(set);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(`The environment has values that Twinloop cannot use:\n${problems.join('\n')}`);
  }
  const value = parsed.data;
  const tlsProblem =
    value.DATABASE_URL === undefined
      ? undefined
      : databaseTlsProblem(value.DATABASE_URL, value.TWINLOOP_ALLOW_PLAINTEXT);
  if (tlsProblem !== undefined) throw new ConfigError(tlsProblem);
  const ownUrl = `http://${hostForUrl(value.HOST)}:${value.PORT}`;
  return {
    production: value.NODE_ENV === 'production',
    api: { host: value.HOST, port: value.PORT, url: ownUrl },
    http: httpSettings(value),
    logLevel: value.LOG_LEVEL,
    /** Where a worker answers /metrics, /healthz and /readyz; port 0: nowhere. */
    workerMetrics: { host: value.WORKER_METRICS_HOST, port: value.WORKER_METRICS_PORT },
    dataDir: value.DATA_DIR,
    /** Where tools that are fetched once are kept, outside any checkout. */
    cacheDir: join(value.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'twinloop'),
    /** Where commands are looked for. */
    path: value.PATH,
    temporal: {
      cli: value.TEMPORAL_CLI,
      /** Set when the Temporal to use is somebody else's; temporal-dev.sh then starts none. */
      address: value.TEMPORAL_ADDRESS,
      port: value.TEMPORAL_PORT,
      uiPort: value.TEMPORAL_UI_PORT,
      /** Lets a connection to another machine go without TLS. */
      allowPlaintext: value.TWINLOOP_ALLOW_PLAINTEXT,
      variables: temporalVariables(set),
      /** Undefined: payloads are stored in the clear. */
      codecKeys: value.TEMPORAL_CODEC_KEYS,
      codecPort: value.TEMPORAL_CODEC_PORT,
      /** Undefined: the worker takes tasks as soon as it polls. */
      workerVersion: workerVersion(value),
    },
    postgres: { port: value.POSTGRES_PORT, url: value.DATABASE_URL },
    databaseUrl: value.DATABASE_URL ?? `postgres://postgres:password@127.0.0.1:${value.POSTGRES_PORT}/twinloop`,
    apiKey: value.TWINLOOP_API_KEY,
    apiUrl: value.TWINLOOP_URL ?? ownUrl,
    /** Unforced runs of a tenant under way at once, so that no tenant's flood stands before another's one run. */
    openJobsPerTenant: value.FEEDBACK_LEARNING_OPEN_JOBS_PER_TENANT,
    learning: {
      min_events: value.FEEDBACK_LEARNING_MIN_EVENTS,
      cooldown_minutes: value.FEEDBACK_LEARNING_COOLDOWN_MINUTES,
      auto_publish: value.FEEDBACK_LEARNING_AUTO_PUBLISH,
      run_regression_gate: value.FEEDBACK_LEARNING_RUN_REGRESSION_GATE,
      trial_share: value.FEEDBACK_LEARNING_TRIAL_SHARE,
    } satisfies LearningDefaults,
    /** Days that texts of feedback are kept where their tenant says nothing else. */
    textRetentionDays: value.FEEDBACK_TEXT_RETENTION_DAYS,
    /** Undefined: none is asked, and no request is made. */
    llm: languageModel(value),
  };
}
