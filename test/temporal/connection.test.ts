import assert from 'node:assert/strict';
import { ConfigError, loadConfig } from '../../src/config.ts';
import { isLoopback } from '../../src/loopback.ts';
import { connectClient, connectionOptions, connectWorker } from '../../src/temporal.ts';
import { freePort } from '../../src/dev/ports.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { useTemporal } from '../support/temporal.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const options = (env: Record<string, string>) =>
  connectionOptions(loadConfig({ HOME: '/nonexistent', ...env }).temporal);

describe('the connection to Temporal', () => {
  it('goes to this machine without TLS when nothing is set', () => {
    assert.deepEqual(options({}), { address: '127.0.0.1:7233', namespace: 'default', tls: false });
    assert.equal(options({ TEMPORAL_PORT: '7000' }).address, '127.0.0.1:7000');
  });

  it('takes address, namespace, TLS, key and certificate from the environment', () => {
    const remote = options({ TEMPORAL_ADDRESS: 't.example:7233', TEMPORAL_NAMESPACE: 'prod', TEMPORAL_API_KEY: 'k' });
    assert.deepEqual(remote, { address: 't.example:7233', namespace: 'prod', tls: true, apiKey: 'k' });
    const { tls } = options({
      TEMPORAL_ADDRESS: 't.example:7233',
      TEMPORAL_TLS_CLIENT_CERT_DATA: 'cert',
      TEMPORAL_TLS_CLIENT_KEY_DATA: 'key',
    });
    assert.ok(typeof tls === 'object');
    assert.equal(Buffer.from(tls.clientCertPair?.crt ?? []).toString(), 'cert');
  });

  it('reads a profile file, and the environment goes before it', async () => {
    const folder = await createTemporaryFolder();
    try {
      const file = join(folder.path, 'temporal.toml');
      await writeFile(file, '[profile.default]\naddress = "127.0.0.1:9"\nnamespace = "from-file"\n');
      const read = options({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_NAMESPACE: 'from-env' });
      assert.deepEqual(read, { address: '127.0.0.1:9', namespace: 'from-env', tls: false });
      assert.throws(
        () => options({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'absent' }),
        (error: unknown) => error instanceof ConfigError && /TEMPORAL_PROFILE.*absent/.test(error.message),
      );
    } finally {
      await folder.remove();
    }
  });

  for (const [has, lacks] of [
    ['CERT', 'KEY'],
    ['KEY', 'CERT'],
  ]) {
    it(`is refused with a client ${has} and no ${lacks}`, () => {
      assert.throws(
        () => options({ [`TEMPORAL_TLS_CLIENT_${has}_DATA`]: 'x' }),
        (error: unknown) => error instanceof ConfigError && error.message.includes(`TEMPORAL_TLS_CLIENT_${lacks}_PATH`),
      );
    });
  }

  for (const [what, env, message] of [
    ['with a word that is no yes or no', { TEMPORAL_TLS: 'yes' }, /TEMPORAL_TLS is yes: set true or false/],
    [
      'with a server name and TLS off',
      { TEMPORAL_TLS: 'false', TEMPORAL_TLS_SERVER_NAME: 'x' },
      /set TEMPORAL_TLS=true/,
    ],
    [
      'with an authority and TLS off',
      { TEMPORAL_TLS: '0', TEMPORAL_TLS_SERVER_CA_CERT_DATA: 'x' },
      /set TEMPORAL_TLS=true/,
    ],
    [
      'with files that are not there',
      { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nonexistent/c', TEMPORAL_TLS_CLIENT_KEY_PATH: '/nonexistent/k' },
      /TEMPORAL_TLS_ settings cannot be read: ENOENT.*\/nonexistent\/c/,
    ],
  ] as const) {
    it(`is refused ${what}`, () => {
      assert.throws(
        () => options(env),
        (error: unknown) => error instanceof ConfigError && message.test(error.message),
      );
    });
  }

  it('is refused in clear to another machine unless told', () => {
    for (const env of [{}, { TEMPORAL_TLS: 'false', TEMPORAL_API_KEY: 'k' }]) {
      assert.throws(
        () => options({ TEMPORAL_ADDRESS: '203.0.113.7:7233', ...env }),
        (error: unknown) => error instanceof ConfigError && error.message.includes('TWINLOOP_ALLOW_PLAINTEXT=true'),
      );
    }
    assert.equal(options({ TEMPORAL_ADDRESS: '203.0.113.7:7233', TWINLOOP_ALLOW_PLAINTEXT: 'true' }).tls, false);
  });

  it('knows which addresses are this machine', () => {
    const local = ['127.0.0.1:7233', '127.9.9.9', 'localhost:1', '[::1]:7233', 'a.localhost:7233'];
    const remote = ['10.0.0.1:7233', 'localhost.example:7233', '127.0.0.1.example:7233', '[::2]:7233', '0.0.0.0:7233'];
    assert.deepEqual(
      local.filter((address) => !isLoopback(address)),
      [],
    );
    assert.deepEqual(remote.filter(isLoopback), []);
  });

  it('can be made while the server is away, and used once it is there', async () => {
    const away = connectClient(loadConfig({ HOME: '/nonexistent', TEMPORAL_PORT: String(await freePort()) }).temporal);
    await assert.rejects(away.client.withDeadline(Date.now() + 500, () => away.client.workflow.count()));
    await away.connection.close();
    const { address } = await useTemporal();
    const { temporal } = loadConfig({ HOME: '/nonexistent', TEMPORAL_ADDRESS: address });
    const there = connectClient(temporal);
    assert.ok((await there.client.workflow.count()).count >= 0);
    await there.connection.close();
    const worker = await connectWorker(temporal);
    assert.equal(worker.namespace, 'default');
    await worker.connection.close();
  });
});
