import assert from 'node:assert/strict';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { connectPostgres } from '../../src/db/connect.ts';
import { databaseGuard } from '../../src/db/tls.ts';
import { connectClient, connectWorker } from '../../src/temporal.ts';
import { cli } from '../cli/support.ts';
import { createCertificates, hasOpenssl, type Certificates } from '../support/certificates.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { useTemporal } from '../support/temporal.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { startTlsProxy, type TlsProxy } from '../support/tls-proxy.ts';

const REMOTE = 'postgres://u:p@db.example.com:5432/twinloop';

describe('DATABASE_URL and TLS', () => {
  const load = (url: string, env: Record<string, string> = {}) =>
    loadConfig({ HOME: '/nonexistent', DATABASE_URL: url, ...env });

  const refusals: readonly (readonly [string, string, RegExp])[] = [
    [
      'in clear to another machine',
      REMOTE,
      /db\.example\.com:5432, another machine.*sslmode=verify-full.*ALLOW_PLAINTEXT=true/,
    ],
    ['switched off to another machine', `${REMOTE}?sslmode=disable`, /another machine/],
    ['that falls back to clear', `${REMOTE}?sslmode=prefer`, /another machine/],
    ['with an unknown mode', `${REMOTE}?sslmode=verify`, /sslmode=verify: use one of disable, .*verify-full/],
    ['with an authority and no TLS', `${REMOTE}?sslrootcert=/ca.crt`, /has sslrootcert, and TLS is not asked for/],
    [
      'with a certificate and no key',
      `${REMOTE}?sslmode=verify-full&sslcert=/c.crt`,
      /half a client certificate: set sslkey=FILE/,
    ],
    [
      'with a key and no certificate',
      `${REMOTE}?sslmode=verify-full&sslkey=/c.key`,
      /half a client certificate: set sslcert=FILE/,
    ],
    [
      'with a file that is not there',
      `${REMOTE}?sslmode=verify-full&sslrootcert=/nonexistent/ca.crt`,
      /^sslrootcert of DATABASE_URL cannot be read: ENOENT/,
    ],
    ['to this machine and another', 'postgres://u:p@127.0.0.1,db.example.com/twinloop', /another machine/],
  ];
  for (const [what, url, message] of refusals) {
    it(`is refused ${what}`, () => {
      assert.throws(
        () => load(url),
        (error: unknown) =>
          error instanceof ConfigError && message.test(error.message) && !error.message.includes('u:p'),
      );
    });
  }

  it('goes in clear to this machine, and to another when told', () => {
    assert.equal(databaseGuard(load('postgres://u:p@localhost:5432/twinloop').databaseUrl), 'this machine');
    assert.equal(databaseGuard(load(REMOTE, { TWINLOOP_ALLOW_PLAINTEXT: 'true' }).databaseUrl), 'clear');
  });

  it('knows a verified server from an encrypted connection to anybody', () => {
    const guards = ['require', 'verify-ca', 'verify-full', 'require&sslrootcert=/ca.crt'].map((mode) =>
      databaseGuard(`${REMOTE}?sslmode=${mode}`),
    );
    assert.deepEqual(guards, ['encrypted', 'verified', 'verified', 'verified']);
  });
});

describe('connections over TLS', () => {
  let folder: TemporaryFolder;
  let certificates: Certificates;
  let database: TestDatabase;
  const proxies: TlsProxy[] = [];

  before(async function () {
    if (!hasOpenssl()) {
      process.stdout.write('    skipped: no openssl on PATH to make certificates with\n');
      return this.skip();
    }
    folder = await createTemporaryFolder();
    certificates = await createCertificates(folder.path);
    database = await createTestDatabase();
  });
  after(async () => {
    for (const proxy of proxies) await proxy.stop();
    await database?.drop();
    await folder?.remove();
  });

  async function inFrontOf(options: Parameters<typeof startTlsProxy>[0]): Promise<TlsProxy> {
    const proxy = await startTlsProxy(options);
    proxies.push(proxy);
    return proxy;
  }

  describe('to Postgres', () => {
    const portOf = (url: string) => Number(new URL(url).port);

    /** The answer of a query through the proxy, or the error's code. */
    async function answer(proxy: TlsProxy, parameters: Record<string, string>, host = 'localhost'): Promise<unknown> {
      const url = new URL(database.url);
      url.host = `${host}:${proxy.port}`;
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      const sql = connectPostgres(url.href, { max: 1, connect_timeout: 5, onnotice: () => {} });
      try {
        const [row] = await sql`select 1 as one`;
        return row?.['one'];
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error, String(error));
        return error.code;
      } finally {
        await sql.end({ timeout: 1 });
      }
    }

    it('are verified as sslmode says', async () => {
      const { ca, strangerCa, server, elsewhere } = certificates;
      const ours = await inFrontOf({ port: portOf(database.url), identity: server, protocol: 'postgres' });
      const theirs = await inFrontOf({ port: portOf(database.url), identity: elsewhere, protocol: 'postgres' });
      const full = { sslmode: 'verify-full', sslrootcert: ca };
      assert.equal(await answer(ours, full), 1);
      assert.equal(await answer(ours, full, '127.0.0.1'), 1);
      assert.equal(await answer(theirs, full), 'ERR_TLS_CERT_ALTNAME_INVALID');
      assert.equal(await answer(theirs, full, '127.0.0.1'), 'ERR_TLS_CERT_ALTNAME_INVALID');
      assert.equal(await answer(ours, { sslmode: 'verify-full' }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      assert.equal(await answer(ours, { ...full, sslrootcert: strangerCa }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      assert.equal(await answer(theirs, { sslmode: 'verify-ca', sslrootcert: ca }), 1);
      assert.equal(
        await answer(theirs, { sslmode: 'verify-ca', sslrootcert: strangerCa }),
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      );
      assert.equal(await answer(theirs, { sslmode: 'require' }), 1);
      assert.equal(
        await answer(theirs, { sslmode: 'require', sslrootcert: strangerCa }),
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      );
    });

    it('say what is wrong with a certificate', async () => {
      const { server } = certificates;
      const proxy = await inFrontOf({ port: portOf(database.url), identity: server, protocol: 'postgres' });
      const url = database.url.replace(/:\d+\//, `:${proxy.port}/`);
      const { code, err } = await cli(['migrate'], { DATABASE_URL: `${url}?sslmode=verify-full` });
      assert.equal(code, 1);
      assert.match(
        err,
        /proves nothing to us \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\): sslrootcert=FILE names its authority/,
      );
    });

    it('carry a client certificate', async () => {
      const { ca, server, client } = certificates;
      const options = { port: portOf(database.url), identity: server, clientsOf: ca, protocol: 'postgres' } as const;
      const proxy = await inFrontOf(options);
      const full = { sslmode: 'verify-full', sslrootcert: ca };
      assert.notEqual(await answer(proxy, full), 1);
      assert.equal(proxy.admitted(), 0);
      assert.equal(await answer(proxy, { ...full, sslcert: client.cert, sslkey: client.key }), 1);
      assert.equal(proxy.admitted(), 1);
    });
  });

  it('to Temporal need the certificate that it asks for, from client and worker alike', async () => {
    const { ca, server, client } = certificates;
    const { address } = await useTemporal();
    const port = Number(address.split(':').at(-1));
    const proxy = await inFrontOf({ port, identity: server, clientsOf: ca, protocol: 'grpc' });
    const at = {
      HOME: '/nonexistent',
      TEMPORAL_ADDRESS: `localhost:${proxy.port}`,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: ca,
    };
    const pair = { TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert, TEMPORAL_TLS_CLIENT_KEY_PATH: client.key };

    const count = async (env: Record<string, string>, withinMs = 700): Promise<number> => {
      const { client: temporal, connection } = connectClient(loadConfig(env).temporal);
      try {
        return (await temporal.withDeadline(Date.now() + withinMs, () => temporal.workflow.count())).count;
      } finally {
        await connection.close();
      }
    };
    await assert.rejects(count({ ...at, TEMPORAL_TLS: 'true' }));
    assert.equal(proxy.admitted(), 0);

    assert.ok((await count({ ...at, ...pair }, 10_000)) >= 0);
    const worker = await connectWorker(loadConfig({ ...at, ...pair }).temporal);
    await worker.connection.close();
    assert.ok(proxy.admitted() >= 2);

    await assert.rejects(count({ ...at, ...pair, TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.strangerCa }));
    await assert.rejects(count({ ...at, ...pair, TEMPORAL_TLS_SERVER_NAME: 'elsewhere.example' }));
  });
});
