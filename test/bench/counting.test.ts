import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { closedLoop } from '../../bench/throughput/load/closed-loop.ts';
import { openLoop } from '../../bench/throughput/load/open-loop.ts';
import { holds, isMet, render } from '../../bench/throughput/report.ts';
import { eventId } from '../../bench/throughput/load/vote-request.ts';
import { quantile, spread } from '../../bench/throughput/statistics.ts';
import { countInLedger } from '../../bench/throughput/system/count-votes.ts';
import { makeTwins } from '../../bench/throughput/system/twins.ts';
import { recordVotes } from '../../src/commands/record-votes.ts';
import { openDatabase, type OpenDatabase } from '../../src/db/client.ts';
import { createKey } from '../../src/db/key-writes.ts';
import { vote } from '../commands/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { DEFAULTS } from '../support/system.ts';

const votes = { run: 'run', apiKey: 'key', twinPrefix: 'twin-', twins: 3 };

const TWIN = { id: 'twin-0', tenant_id: 't' };

interface Seen {
  readonly url: string;
  readonly body: string;
}

/** A server that keeps what it gets; `answer` decides by the number of the vote. */
async function withServer(
  answer: (vote: number, ...exchange: Parameters<RequestListener>) => void,
  work: (url: string, seen: readonly Seen[]) => Promise<void>,
): Promise<void> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', body });
      answer(Number(/:(\d+)$/.exec((JSON.parse(body) as { event_id: string }).event_id)?.[1]), request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const accept = (_vote: number, ...[, response]: Parameters<RequestListener>): void => {
  response.writeHead(202, { 'content-type': 'application/json' }).end('{"success":true}');
};

describe('the load generator of npm run bench', () => {
  it('sends each vote once and counts each 202', async () => {
    await withServer(accept, async (url, seen) => {
      const load = await closedLoop({ kind: 'closed', urls: [url], votes, connections: 7, count: 100 });
      assert.equal(load.accepted, 100);
      assert.deepEqual(load.refusedVotes, []);
      assert.equal(new Set(seen.map((one) => one.url)).size, 100);
      assert.equal(new Set(seen.map(({ body }) => (JSON.parse(body) as { event_id: string }).event_id)).size, 100);
    });
  });

  it('names the votes that got another answer, or none', async () => {
    const fickle = (vote: number, ...[request, response]: Parameters<RequestListener>): void => {
      if (vote === 5) request.socket.destroy();
      else if (vote === 11) response.writeHead(500).end('no');
      // Without a length: the answer comes in chunks.
      else if (vote === 12) response.writeHead(202).write('yes', () => response.end());
      else accept(vote, request, response);
    };
    await withServer(fickle, async (url) => {
      const load = await closedLoop({ kind: 'closed', urls: [url], votes, connections: 4, count: 40 });
      assert.equal(load.accepted, 38);
      assert.deepEqual(load.refused, { '0': 1, '500': 1 });
      assert.deepEqual(
        [...load.refusedVotes].sort((a, b) => a - b),
        [5, 11],
      );
    });
  });

  it('sends as many votes as are due in an open loop, however few connections there are', async () => {
    await withServer(accept, async (url, seen) => {
      const shape = { kind: 'open', connections: 2, seconds: 0.5, perSecond: 200 } as const;
      const load = await openLoop({ ...shape, urls: [url], votes });
      assert.equal(load.accepted, 100);
      assert.equal(seen.length, 100);
      assert.ok(load.slowest >= load.p99 && load.p99 >= load.p50);
    });
  });
});

describe('the report of npm run bench', () => {
  it('takes medians, extremes and nearest ranks', () => {
    assert.deepEqual(spread([3, 1, 2]), { median: 2, least: 1, most: 3 });
    assert.deepEqual(spread([4, 1, 2, 3]), { median: 2.5, least: 1, most: 4 });
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.equal(quantile(hundred, 0.99), 99);
    assert.equal(quantile(hundred, 0.5), 50);
    assert.equal(quantile([7], 0.99), 7);
  });

  it('says what was met, and shouts when a vote is lost or doubled', () => {
    const target = { name: 'ratio', measured: 3.9, target: 4 };
    assert.equal(isMet({ ...target, bound: 'at least' }), false);
    assert.equal(isMet({ ...target, bound: 'at most' }), true);
    const fine = { name: 'fine', accepted: 10, stored: 10, doubled: 0 };
    assert.ok(holds(fine));
    for (const broken of [
      { ...fine, stored: 9 },
      { ...fine, doubled: 1 },
    ]) {
      assert.equal(holds(broken), false);
      assert.match(render({ tables: [], targets: [], checks: [fine, broken] }), /LOST OR DOUBLED: fine/);
    }
    assert.match(
      render({ tables: [], targets: [{ ...target, bound: 'at least' }], checks: [fine] }),
      /missed[^]*stored once/,
    );
  });

  it('takes a figure that could not be measured for a target that was missed', () => {
    for (const bound of ['at least', 'at most'] as const) {
      assert.equal(isMet({ name: 'none', measured: Number.NaN, bound, target: 1 }), false);
    }
  });
});

describe('the counts of npm run bench', () => {
  let database: TestDatabase;
  let system: OpenDatabase;
  before(async () => {
    database = await createTestDatabase();
    system = openDatabase(database.url, { max: 1 });
    await createKey(system.db, { tenant_id: 't', role: 'owner', name: 'bench' });
    await makeTwins(system, { tenant: 't', prefix: 'twin-', count: 3 });
  });
  after(async () => {
    await system.close();
    await database.drop();
  });

  const load = { refused: {}, seconds: 1, perSecond: 0, p50: 0, p99: 0, slowest: 0, longestGap: 0 };
  const store = (run: string, index: number) =>
    recordVotes(system, [vote(TWIN, { event_id: eventId(run, index), trace_id: `${run}-${index}` })], DEFAULTS);

  it('finds each accepted vote, leaves out those without an answer and those of other runs', async () => {
    for (const vote of [0, 1, 2]) await store('a', vote);
    await store('a-warm', 0);
    const all = await countInLedger(system.sql, 'a', { ...load, accepted: 3, refusedVotes: [] });
    assert.deepEqual(all, { name: 'a', accepted: 3, stored: 3, doubled: 0 });
    const one = await countInLedger(system.sql, 'a', { ...load, accepted: 2, refusedVotes: [1] });
    assert.deepEqual(one, { name: 'a', accepted: 2, stored: 2, doubled: 0 });
    assert.equal(holds(await countInLedger(system.sql, 'a', { ...load, accepted: 4, refusedVotes: [] })), false);
  });

  it('notices a vote that is there twice', async () => {
    await store('b', 0);
    await recordVotes(
      system,
      [vote({ ...TWIN, id: 'twin-1' }, { event_id: eventId('b', 0), trace_id: 'again' })],
      DEFAULTS,
    );
    const counted = await countInLedger(system.sql, 'b', { ...load, accepted: 1, refusedVotes: [] });
    assert.deepEqual(counted, { name: 'b', accepted: 1, stored: 1, doubled: 1 });
  });

  it('makes twins that are whole: each has a state and the persona live', async () => {
    const rows = await system.sql`
      select count(*)::int as twins, count(distinct p.id)::int as specs from twin_state s
      join twins t on t.id = s.twin_id join persona_specs p on p.twin_id = s.twin_id and p.status = 'active'
      where s.active_version = p.version`;
    assert.deepEqual({ ...rows[0] }, { twins: 3, specs: 3 });
  });
});
