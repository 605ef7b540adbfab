import { Client, Connection } from '@temporalio/client';
import { loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import type { ClientConfigProfile } from '@temporalio/envconfig';
import type { NativeConnection } from '@temporalio/worker';
import { dataConverterOf } from './codec/data-converter.ts';
import { ConfigError } from './config.ts';
import type { Config } from './config.ts';
import { isLoopback } from './loopback.ts';

/** The part of the configuration that says where Temporal is. */
export type TemporalConfig = Pick<Config['temporal'], 'port' | 'allowPlaintext' | 'variables'> &
  Partial<Pick<Config['temporal'], 'codecKeys'>>;

export interface TemporalClient {
  readonly client: Client;
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
}

export interface TemporalWorkerConnection {
  readonly connection: NativeConnection;
  readonly address: string;
  readonly namespace: string;
}

/**
 * A client that connects on its first call, so that an API can start while Temporal is away.
 * Let all calls end before `connection.close()`: closing during a retry ends the process.
 * Throws ConfigError on a setting that cannot be right.
 */
export function connectClient(temporal: TemporalConfig): TemporalClient {
  const { address, namespace, ...options } = connectionOptions(temporal);
  const connection = Connection.lazy({ address, ...options });
  return {
    client: new Client({ connection, namespace, ...dataConverterOf(temporal.codecKeys) }),
    connection,
    address,
    namespace,
  };
}

/** Connects for a Worker, at once. Throws ConfigError on a setting that cannot be right, and when nobody answers. */
export async function connectWorker(temporal: TemporalConfig): Promise<TemporalWorkerConnection> {
  const { address, namespace, ...options } = connectionOptions(temporal);
  // Loaded here only: it brings the native core, which a process without workers does not need.
  const worker = await import('@temporalio/worker');
  return { connection: await worker.NativeConnection.connect({ address, ...options }), address, namespace };
}

/** What @temporalio/envconfig makes of the TEMPORAL_ variables and the user's configuration file, checked. */
export function connectionOptions(temporal: TemporalConfig) {
  const profile = loadProfile(temporal.variables);
  requireWholeKeyPair(profile);
  requireTlsWhereConfigured(profile, temporal.variables);
  const { connectionOptions: loaded, namespace } = readFiles(profile);
  const address = loaded.address ?? `127.0.0.1:${temporal.port}`;
  const tls = loaded.tls ?? false;
  if (tls === false && !temporal.allowPlaintext && !isLoopback(address)) {
    throw new ConfigError(
      `TEMPORAL_ADDRESS is ${address}, another machine, and TLS is off: everything would cross the network in clear. ` +
        'Set TEMPORAL_TLS=true (or TEMPORAL_API_KEY, or a client certificate), or TWINLOOP_ALLOW_PLAINTEXT=true when that network is yours.',
    );
  }
  return {
    address,
    namespace: namespace ?? 'default',
    tls,
    ...(loaded.apiKey === undefined ? {} : { apiKey: loaded.apiKey }),
    ...(loaded.metadata === undefined ? {} : { metadata: loaded.metadata }),
  };
}

function loadProfile(variables: Readonly<Record<string, string>>): ClientConfigProfile {
  try {
    return loadClientConfigProfile({ overrideEnvVars: { ...variables } });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `The Temporal configuration cannot be read (TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE): ${detail}`,
      {
        cause: error,
      },
    );
  }
}

/** What the profile comes to, with the certificates that it names read. */
function readFiles(profile: ClientConfigProfile): ReturnType<typeof toClientOptions> {
  try {
    return toClientOptions(profile);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`A file of the TEMPORAL_TLS_ settings cannot be read: ${detail}`, { cause });
  }
}

/** envconfig takes any other word for false, and off goes before every other setting of TLS, silently. */
function requireTlsWhereConfigured({ tls }: ClientConfigProfile, variables: TemporalConfig['variables']): void {
  const asked = variables['TEMPORAL_TLS'];
  if (asked !== undefined && !/^(true|false|1|0)$/.test(asked)) {
    throw new ConfigError(`TEMPORAL_TLS is ${asked}: set true or false.`);
  }
  if (tls?.disabled !== true) return;
  const { clientCert, clientKey, serverCACert, serverName } = tls;
  if ([clientCert, clientKey, serverCACert, serverName].every((setting) => setting === undefined)) return;
  throw new ConfigError(
    'TLS to Temporal is off, and a certificate, an authority or a server name is set for it: set TEMPORAL_TLS=true, or unset the TEMPORAL_TLS_ variables.',
  );
}

/** envconfig drops a certificate without its key silently, and the connection then has no identity. */
function requireWholeKeyPair({ tls }: ClientConfigProfile): void {
  if (tls === undefined || (tls.clientCert === undefined) === (tls.clientKey === undefined)) return;
  const [has, lacks] = tls.clientKey === undefined ? ['certificate', 'KEY'] : ['key', 'CERT'];
  throw new ConfigError(
    `A Temporal client ${has} is set without its other half: set TEMPORAL_TLS_CLIENT_${lacks}_PATH (or _DATA) too, or neither.`,
  );
}
