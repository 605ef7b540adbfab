import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { openTestApi, type Answer, type TestApi } from '../harness.ts';
import { callAs, furnish, type Belongings } from '../isolation/belongings.ts';
import { dumpTables, rowsOf } from '../isolation/dump.ts';
import { OPERATIONS, type Operation } from '../operations.ts';
import { ALL_RAW_BODIES, requestsTo } from './requests.ts';

/** Of each operation. Raise it to look for more; 25 take about three seconds. */
const RUNS = 25;
/** Change it to try others; a failure prints the request that it is about. */
const SEED = 20_261_123;
const MIB = 1_024 * 1_024;
/** 200 bodies of 1 MiB each leave less than this behind: were they kept, it would be five times as much. */
const MOST_GROWTH = 40 * MIB;

const WITH_BODY = OPERATIONS.filter(({ body }) => body !== undefined);

/** What every answer must be, whatever was asked: documented, no failure of ours, and of the documented type. */
function assertDocumented(operation: Operation, { status, body, headers }: Answer): void {
  const said = `${operation.id}: ${status} ${JSON.stringify(body).slice(0, 300)}`;
  assert.ok(status < 500, said);
  const types = operation.answers[String(status)];
  assert.ok(types !== undefined, `not documented: ${said}`);
  const type = headers.get('content-type')?.split(';')[0];
  if (types.length > 0) assert.ok(type !== undefined && types.includes(type), `${type}: ${said}`);
  if (status < 400) return;
  assert.equal(body.status, status, said);
  assert.match(body.type, /^\/problems\/[a-z-]+$/, said);
  assert.equal(body.request_id, headers.get('x-request-id'), said);
  assert.ok(body.detail.length < 500, said);
}

describe(`any request (seed ${SEED}, ${RUNS} of each operation)`, () => {
  let api: TestApi;
  let sides: { ours: Belongings; theirs: Belongings };

  before(async () => {
    api = await openTestApi();
    sides = {
      ours: await furnish(api, 'ours', 0),
      theirs: await furnish(callAs(api, api.stranger), 'theirs', 1),
    };
  });
  after(() => api.close());

  it("is answered as openapi.json says, and touches nobody else's rows", async () => {
    const theirRows = async () => rowsOf(await dumpTables(api.database), sides.theirs);
    const before = await theirRows();
    for (const operation of OPERATIONS) {
      const property = fc.asyncProperty(requestsTo(operation, sides), async ({ path, body, headers }) => {
        assertDocumented(operation, await api.call(operation.method, path, { body, headers }));
      });
      await fc.assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: true });
    }
    assert.deepEqual(await theirRows(), before);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    assert.deepEqual(api.logged, []);
  });

  it('may have a body that is no JSON value at all', async () => {
    for (const operation of WITH_BODY) {
      const path = operation.path.replaceAll(/\{id\}/g, sides.ours.id).replaceAll(/\{\w+\}/g, 'x');
      for (const body of ALL_RAW_BODIES) assertDocumented(operation, await api.call(operation.method, path, { body }));
    }
    assert.deepEqual(api.logged, []);
  });

  it('leaves no body behind in memory', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const used = (): number => {
      gc();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const send = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) {
        const body = JSON.stringify({ items: [`${n}${'x'.repeat(MIB)}`] });
        assert.equal((await api.call('POST', '/feedback', { body })).status, 202);
      }
    };
    await send(20);
    const before = used();
    await send(200);
    const growth = used() - before;
    assert.ok(growth < MOST_GROWTH, `${Math.round(growth / MIB)} MiB more than before`);
  });
});
