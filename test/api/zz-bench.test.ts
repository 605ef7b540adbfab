import http from 'node:http';
import { serveApp } from '../../src/api/serve.ts';
import { openTestApi } from './harness.ts';
describe('bench', () => { it('votes', async () => {
  const api = await openTestApi();
  const server = await serveApp(api.app.fetch, { host: '127.0.0.1', port: 0 });
  const id = await api.twin();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 100 });
  let n = 0; const lat: number[] = [];
  const one = () => new Promise<number>((resolve, reject) => {
    const body = JSON.stringify({ score: 1, twin_id: id, rater_id: `r${n % 500}` });
    const s = performance.now();
    const req = http.request({ agent, port: server.port, method: 'POST', path: `/feedback/t${n++}`, headers: { authorization: `Bearer ${api.keys.owner}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (res) => { res.resume(); res.on('end', () => { lat.push(performance.now() - s); resolve(res.statusCode ?? 0); }); });
    req.on('error', reject); req.end(body);
  });
  for (const conns of [1, 20, 100]) {
    lat.length = 0; const start = performance.now(); const end = start + 3000;
    await Promise.all(Array.from({ length: conns }, async () => { while (performance.now() < end) { const s = await one(); if (s !== 202) throw new Error(String(s)); } }));
    lat.sort((a, b) => a - b);
    console.log(conns, 'conns', Math.round(lat.length / ((performance.now() - start) / 1000)), '/s p50', lat[lat.length >> 1]?.toFixed(1), 'p99', lat[Math.floor(lat.length * .99)]?.toFixed(1));
  }
  agent.destroy(); await server.drain(); await api.close();
}); });
