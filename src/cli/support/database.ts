import { openDatabase, type OpenDatabase } from '../../db/client.ts';
import { errorCodes, isConnectionError } from '../../db/errors.ts';
import { CliFailure, messageOf } from './failure.ts';

/** A database URL that may be shown. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}

const UNDEFINED_TABLE = '42P01';
const UNDEFINED_COLUMN = '42703';
const NO_DATABASE = '3D000';
const REFUSED = /^28/;
/** Node's and OpenSSL's codes for a certificate that does not prove what it should. */
const UNPROVEN = /CERT|LEAF_SIGNATURE/;

export const isNoDatabase = (error: unknown): boolean => errorCodes(error)[0] === NO_DATABASE;

/** What stands between a command and its database, and what to do about it; undefined for another kind of error. */
export function explainDatabase(error: unknown, url: string): string | undefined {
  const [code] = errorCodes(error);
  const at = withoutPassword(url);
  if (isNoDatabase(error)) return `There is no database at ${at}: twinloop doctor --fix makes it.`;
  if (code === UNDEFINED_TABLE || code === UNDEFINED_COLUMN)
    return `The database at ${at} lacks migrations: twinloop migrate.`;
  if (code !== undefined && REFUSED.test(code)) return `Postgres at ${at} does not let us in: ${messageOf(error)}.`;
  if (code !== undefined && UNPROVEN.test(code)) {
    return `The certificate of Postgres at ${at} proves nothing to us (${code}): sslrootcert=FILE names its authority, and its name has to be that of the host.`;
  }
  if (!isConnectionError(error)) return undefined;
  return `Cannot reach Postgres at ${at} (${code ?? messageOf(error)}): is temporal-dev.sh running? DATABASE_URL names another.`;
}

/** Runs `work` and says in a sentence what a database that is away or not set up means. Throws CliFailure for those. */
export async function explained<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const explanation = explainDatabase(cause, url);
    if (explanation === undefined) throw cause;
    throw new CliFailure(explanation, { cause });
  }
}

/** Opens the database for `work` and closes it. Throws as `explained` does. */
export async function withDatabase<T>(url: string, work: (database: OpenDatabase) => Promise<T>): Promise<T> {
  const database = openDatabase(url, { max: 2 });
  try {
    return await explained(url, () => work(database));
  } finally {
    await database.close();
  }
}
