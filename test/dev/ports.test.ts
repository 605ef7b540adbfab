import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { freePort, requireFreePorts } from '../../src/dev/ports.ts';
import { UserError } from '../../src/dev/user-error.ts';

describe('ports', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  async function occupy(host: string): Promise<number> {
    const port = await freePort();
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    return port;
  }

  for (const host of ['127.0.0.1', '0.0.0.0']) {
    it(`names the variable of a port that is taken on ${host}, and a free one`, async () => {
      const port = await occupy(host);
      const wanted = [
        { variable: 'PORT', host: '127.0.0.1', port, use: 'the API' },
        { variable: 'POSTGRES_PORT', host: '127.0.0.1', port: await freePort(), use: 'Postgres' },
      ];
      await assert.rejects(requireFreePorts(wanted), (error: unknown) => {
        assert.ok(error instanceof UserError);
        const [, offered] =
          /^Port \d+ for the API is in use\. Set PORT to a free one, such as PORT=(\d+)\.$/.exec(error.message) ?? [];
        assert.ok(offered !== undefined && Number(offered) !== port, error.message);
        return true;
      });
    });
  }

  it('names both variables that were given the same port', async () => {
    const port = await freePort();
    const wanted = ['TEMPORAL_PORT', 'POSTGRES_PORT'].map((variable) => ({
      variable,
      host: '127.0.0.1',
      port,
      use: 'x',
    }));
    await assert.rejects(requireFreePorts(wanted), /POSTGRES_PORT and TEMPORAL_PORT are both/);
  });

  it('names HOST when it is not an address of this machine', async () => {
    const wanted = [{ variable: 'PORT', host: '192.0.2.1', port: await freePort(), use: 'the API' }];
    await assert.rejects(requireFreePorts(wanted), /HOST is 192\.0\.2\.1/);
  });

  it('lets free ports pass', async () => {
    await requireFreePorts([{ variable: 'PORT', host: '127.0.0.1', port: await freePort(), use: 'the API' }]);
  });
});
