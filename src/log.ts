import { destination, pino, stdTimeFunctions, type DestinationStream } from 'pino';
import { databaseCode } from './db/errors.ts';

const LEVELS = { debug: 20, info: 30, warning: 40, error: 50 } as const;
export type LogLevel = keyof typeof LEVELS;

/** One JSON line on stderr for each message: ids and figures, never feedback text, keys or queries. */
export interface Log {
  (level: LogLevel, message: string, fields?: Record<string, unknown>): void;
  /** Whether lines of the level debug are written: where not, their fields need not be made. */
  readonly verbose?: boolean;
}

/** Never meant to be logged, and blanked should they be. */
const SECRETS = ['authorization', 'api_key', 'apiKey', 'key', 'token', 'password'];

/** Lines of one process at `level` and above, written at once to `to` (stderr): a crash loses none. */
export function createLog(
  process_name: string,
  level: LogLevel,
  to: DestinationStream = destination({ fd: 2, sync: true }),
): Log {
  const logger = pino(
    {
      level,
      customLevels: LEVELS,
      useOnlyCustomLevels: true,
      base: { process: process_name },
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeSdkError },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    },
    to,
  );
  const write = (at: LogLevel, message: string, fields: Record<string, unknown> = {}): void =>
    logger[at](fields, message);
  return Object.assign(write, { verbose: logger.isLevelEnabled('debug') });
}

/** An error with its stack; of a failed query, whose text quotes its parameters, the code alone. */
function describeSdkError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = databaseCode(error);
  if (code !== undefined) return { name: error.name, code };
  const { type } = error as { type?: unknown };
  return { name: error.name, ...(typeof type === 'string' ? { type } : {}), stack: error.stack };
}
