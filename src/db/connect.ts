import postgres from 'postgres';
import { splitTls } from './tls.ts';

/** A pool for a postgres:// URL with the TLS that it asks for; nothing of ours connects in another way. */
export function connectPostgres<T extends Record<string, postgres.PostgresType>>(
  url: string,
  options: postgres.Options<T>,
) {
  const target = splitTls(url);
  return postgres(target.url, { ...options, ssl: target.ssl });
}
