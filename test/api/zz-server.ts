import { serveApp } from '../../src/api/serve.ts';
import { openTestApi } from './harness.ts';
import { stopServers } from '../support/servers.ts';
const api = await openTestApi();
const server = await serveApp(api.app.fetch, { host: '127.0.0.1', port: 0 });
const id = await api.twin();
console.log(JSON.stringify({ port: server.port, id, key: api.keys.owner }));
process.on('SIGTERM', async () => { await server.drain(); await api.close(); await stopServers(); process.exit(0); });
