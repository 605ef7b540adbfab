import { accessSync, constants, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { isLoopback } from '../loopback.ts';

/** As in libpq: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

const ENCRYPTED: readonly SslMode[] = ['require', 'verify-ca', 'verify-full'];
const FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const;

const TO_BE_SAFE = 'sslmode=verify-full (with sslrootcert=FILE for a CA of your own)';

/** How well a connection is guarded: `verified` knows whom it talks to, `encrypted` does not. */
export type DatabaseGuard = 'this machine' | 'verified' | 'encrypted' | 'clear';

const modeOf = (parameters: URLSearchParams): SslMode => (parameters.get('sslmode') ?? 'disable') as SslMode;

/** No host is this machine, as is a path, which is a socket; of several hosts each has to be. */
function isThisMachine({ hostname }: URL): boolean {
  return decodeURIComponent(hostname)
    .split(',')
    .every((host) => host === '' || host.startsWith('/') || isLoopback(host));
}

/** What a postgres:// URL asks for. `allow` and `prefer` count as clear: whoever stands between may choose so. */
export function databaseGuard(url: string): DatabaseGuard {
  const target = new URL(url);
  const mode = modeOf(target.searchParams);
  if (mode === 'verify-full' || mode === 'verify-ca') return 'verified';
  if (mode === 'require') return target.searchParams.has('sslrootcert') ? 'verified' : 'encrypted';
  return isThisMachine(target) ? 'this machine' : 'clear';
}

/** What is wrong with the TLS of a postgres:// URL, in a sentence that says what to do; undefined when nothing is. */
export function databaseTlsProblem(url: string, allowPlaintext: boolean): string | undefined {
  const { host, searchParams } = new URL(url);
  const mode = modeOf(searchParams);
  if (!SSL_MODES.includes(mode)) {
    return `DATABASE_URL has sslmode=${mode}: use one of ${SSL_MODES.join(', ')}.`;
  }
  const files = FILES.filter((name) => searchParams.has(name));
  if (files.length > 0 && !ENCRYPTED.includes(mode)) {
    return `DATABASE_URL has ${files.join(' and ')}, and TLS is not asked for: set ${TO_BE_SAFE}, or leave ${files.join(' and ')} out.`;
  }
  if (searchParams.has('sslcert') !== searchParams.has('sslkey')) {
    const lacking = searchParams.has('sslcert') ? 'sslkey' : 'sslcert';
    return `DATABASE_URL has half a client certificate: set ${lacking}=FILE too, or neither.`;
  }
  const unreadable = files.map((name) => unreadableFile(searchParams, name)).find((problem) => problem !== undefined);
  if (unreadable !== undefined || databaseGuard(url) !== 'clear' || allowPlaintext) return unreadable;
  return (
    `DATABASE_URL names ${host}, another machine, and nothing makes sure of TLS: password and feedback would cross the network in clear. ` +
    `Add ?${TO_BE_SAFE}, or set TWINLOOP_ALLOW_PLAINTEXT=true when that network is yours.`
  );
}

/** The path that a parameter names; `system` is no file but, as in libpq, the authorities trusted anyway: Node's own here. */
function pathOf(parameters: URLSearchParams, name: (typeof FILES)[number]): string | undefined {
  const path = parameters.get(name);
  return path === null || (name === 'sslrootcert' && path === 'system') ? undefined : path;
}

function unreadableFile(parameters: URLSearchParams, name: (typeof FILES)[number]): string | undefined {
  const path = pathOf(parameters, name);
  try {
    if (path !== undefined) accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return `${name} of DATABASE_URL cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Read when a pool is opened, so that a renewed certificate needs a restart. Throws what reading a file throws. */
function readPem(parameters: URLSearchParams, name: (typeof FILES)[number]): Buffer | undefined {
  const path = pathOf(parameters, name);
  return path === undefined ? undefined : readFileSync(path);
}

/**
 * The URL without what is about TLS, and TLS as postgres.js takes it. The driver itself would send the files' names to the
 * server as settings, take verify-ca for verify-full, and check the certificate of a host given by its address for `localhost`.
 */
export function splitTls(url: string): { readonly url: string; readonly ssl: ConnectionOptions | 'prefer' | false } {
  const target = new URL(url);
  const { searchParams: parameters } = target;
  const mode = modeOf(parameters);
  const ca = readPem(parameters, 'sslrootcert');
  const cert = readPem(parameters, 'sslcert');
  const key = readPem(parameters, 'sslkey');
  for (const name of ['sslmode', ...FILES]) parameters.delete(name);
  if (mode === 'disable') return { url: target.href, ssl: false };
  if (mode === 'allow' || mode === 'prefer') return { url: target.href, ssl: 'prefer' };
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
  const nameUnchecked = mode === 'verify-ca' || mode === 'require';
  return {
    url: target.href,
    ssl: {
      // Of a host by name the driver itself says which.
      ...(isIP(host) === 0 ? {} : { host }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
      rejectUnauthorized: databaseGuard(url) === 'verified',
      ...(nameUnchecked ? { checkServerIdentity: () => undefined } : {}),
    },
  };
}
