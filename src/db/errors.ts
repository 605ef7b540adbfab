/** The codes of an error and of its causes, outermost first: SQLSTATEs and Node's. */
export function errorCodes(error: unknown): string[] {
  const codes: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') codes.push(cause.code);
  }
  return codes;
}

/** True when the database could not be reached or is shutting down, so that trying again can help. */
export function isConnectionError(error: unknown): boolean {
  return errorCodes(error).some(
    (code) => code.startsWith('08') || code.startsWith('57P') || OTHER_STATES.has(code) || CONNECTION_CODES.has(code),
  );
}

/** Too many connections; a transaction that its process left idle. */
const OTHER_STATES = new Set(['53300', '25P03']);

const CONNECTION_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);

/** Drizzle's error holds the query; a wrapped one is told by its cause. */
function isQueryError(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('query' in cause || cause.name === 'PostgresError') return true;
  }
  return false;
}

/** SQLSTATE or Node's code of a failed query; undefined for an error that is no database's. */
export function databaseCode(error: unknown): string | undefined {
  if (!isConnectionError(error) && !isQueryError(error)) return undefined;
  return errorCodes(error).at(-1) ?? 'unknown';
}
