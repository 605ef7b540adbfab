import assert from 'node:assert/strict';
import { createKey, revokeKey } from '../../../src/db/key-writes.ts';
import { KEY_ROLES } from '../../../src/db/vocabulary.ts';
import { openTestApi, type Answer, type TestApi } from '../harness.ts';
import { fillPath, OPERATIONS, type Operation } from '../operations.ts';
import { callAs, furnish, type Belongings } from './belongings.ts';
import { dumpTables, rowsOf } from './dump.ts';
import { EXPECTATIONS, type Expectation } from './expectations.ts';

/** Tables in which these two tenants have nothing: what a worker writes once a run has learned. */
const WITHOUT_ROWS = new Set(['learning_snapshots', 'llm_answers']);
const CLOSED = OPERATIONS.filter(({ open }) => !open);

describe('isolation: every operation of openapi.json', () => {
  let api: TestApi;
  let ours: Belongings;
  let theirs: Belongings;
  let revoked: string;

  before(async () => {
    api = await openTestApi();
    ours = await furnish(api, 'ours', 0);
    theirs = await furnish(callAs(api, api.stranger), 'theirs', 1);
    const ended = await createKey(api.database.db, { tenant_id: 'ours', role: 'owner', name: 'ended' });
    await revokeKey(api.database.db, ended.info.id);
    revoked = ended.key;
  });
  after(() => api.close());

  const expected = (operation: Operation): Expectation => {
    const expectation = EXPECTATIONS[operation.id];
    assert.ok(expectation !== undefined, `${operation.id} has no line in test/api/isolation/expectations.ts`);
    return expectation;
  };
  const mayCall = (operation: Operation, role: (typeof KEY_ROLES)[number]): boolean =>
    expected(operation).roles.includes(role);

  async function call(
    operation: Operation,
    belongings: Belongings,
    { key, headers }: { key?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { body, id, query } = expected(operation);
    const values = { ...belongings, ...(id === undefined ? {} : { id: belongings[id] }) };
    return api.call(operation.method, fillPath(operation.path, values) + (query?.(belongings) ?? ''), {
      body,
      ...(key === undefined ? {} : { key }),
      ...(headers === undefined ? {} : { headers }),
    });
  }

  const refused = ({ status, body }: Answer, by: 401 | 403 | 404, what: string): void => {
    assert.equal(status, by, `${what}: ${JSON.stringify(body)}`);
    const slug = { 401: 'unauthorized', 403: 'forbidden', 404: 'not-found' }[by];
    assert.equal(body.type, `/problems/${slug}`, what);
  };

  /** Does the work, and holds the whole database to what it was. */
  async function changingNothing(work: () => Promise<void>): Promise<void> {
    const before = await dumpTables(api.database);
    await work();
    assert.deepEqual(await dumpTables(api.database), before);
  }

  it('has one expectation, and each expectation an operation', () => {
    assert.deepEqual(Object.keys(EXPECTATIONS).toSorted(), OPERATIONS.map(({ id }) => id).toSorted());
    for (const operation of OPERATIONS) {
      const { roles, foreign, foreignPart, body } = expected(operation);
      assert.equal(roles === 'open', operation.open, operation.id);
      assert.equal(foreign !== undefined, !operation.open && operation.params.length > 0, operation.id);
      assert.equal(foreignPart !== undefined, operation.params.length > 1, operation.id);
      assert.ok(operation.body?.required !== true || body !== undefined, `${operation.id} needs a body here`);
    }
  });

  it('has real rows of both tenants behind it', async () => {
    const dump = await dumpTables(api.database);
    for (const owner of [ours, theirs]) {
      const empty = [...rowsOf(dump, owner)].flatMap(([table, { length }]) => (length === 0 ? [table] : []));
      assert.deepEqual(new Set(empty), WITHOUT_ROWS, 'let test/api/isolation/belongings.ts make one of each');
    }
    const reads = OPERATIONS.filter(({ method, open }) => method === 'GET' && !open);
    for (const [key, belongings] of [
      [api.keys.owner, ours],
      [api.stranger, theirs],
    ] as const) {
      for (const operation of reads)
        assert.equal((await call(operation, belongings, { key })).status, 200, operation.id);
    }
  });

  it('asks for a key: none, a malformed, an unknown and a revoked one are 401', () =>
    changingNothing(async () => {
      const { owner } = api.keys;
      const authorizations = [
        '',
        owner,
        `Basic ${owner}`,
        'Bearer',
        `Bearer ${owner} ${owner}`,
        `Bearer ${'x'.repeat(201)}`,
      ];
      for (const operation of CLOSED) {
        for (const authorization of authorizations) {
          const answer = await call(operation, ours, { key: null, headers: { authorization } });
          refused(answer, 401, `${operation.id} with "${authorization.slice(0, 12)}"`);
        }
        for (const key of [null, revoked, owner.slice(0, -1), `${owner}a`]) {
          refused(await call(operation, ours, { key }), 401, operation.id);
        }
      }
    }));

  it('takes a feedback token for a vote on its own answer, and nowhere else', async () => {
    const minted = await api.call('POST', `/twins/${ours.id}/feedback-tokens`, { body: { trace_id: 'of-the-token' } });
    const key: string = minted.body.token;
    await changingNothing(async () => {
      for (const operation of CLOSED) {
        const by = operation.id === 'sendFeedback' ? 403 : 401;
        for (const belongings of [ours, theirs]) refused(await call(operation, belongings, { key }), by, operation.id);
      }
    });
  });

  it('keeps roles apart: 403 for those that may not, whatever they name', () =>
    changingNothing(async () => {
      for (const operation of CLOSED) {
        for (const role of KEY_ROLES.filter((role) => !mayCall(operation, role))) {
          for (const belongings of [ours, theirs]) {
            refused(await call(operation, belongings, { key: api.keys[role] }), 403, `${operation.id} as ${role}`);
          }
        }
      }
    }));

  it('answers 404 to ids of another tenant, in either direction', () =>
    changingNothing(async () => {
      for (const operation of CLOSED.filter((one) => expected(one).foreign === 404)) {
        for (const role of KEY_ROLES.filter((role) => mayCall(operation, role))) {
          refused(await call(operation, theirs, { key: api.keys[role] }), 404, `${operation.id} as ${role}`);
        }
        refused(await call(operation, ours, { key: api.stranger }), 404, `${operation.id} as their owner`);
      }
    }));

  it("answers 404 to another tenant's ids behind one's own twin, or finds nothing behind them", () =>
    changingNothing(async () => {
      for (const operation of CLOSED) {
        const { foreign, foreignPart } = expected(operation);
        const names = { ...theirs, id: ours.id };
        if (foreignPart === 404) refused(await call(operation, names), 404, operation.id);
        if (foreignPart !== 'nothing to find' && foreign !== 'nothing to find') continue;
        const { status, body } = await call(operation, names);
        const said = JSON.stringify(body);
        assert.ok(status === 200 && ![theirs.id, theirs.trace_id].some((name) => said.includes(name)), operation.id);
      }
    }));

  it('answers 404 to them in parameters and bodies', () =>
    changingNothing(async () => {
      const vote = { score: 1, twin_id: theirs.id };
      const refusals: [method: string, path: string, body?: object][] = [
        ['GET', `/jobs?twin_id=${theirs.id}`],
        ['GET', `/audit?twin_id=${theirs.id}`],
        ['GET', `/raters/${ours.rater_id}/export?twin_id=${theirs.id}`],
        ['DELETE', `/feedback/${ours.trace_id}?twin_id=${theirs.id}`],
        ['POST', '/feedback/t', vote],
        ['POST', `/feedback/${theirs.trace_id}`, vote],
        ['GET', `/twins/${ours.id}/persona-specs/1.0.0/diff?to=${theirs.version}`],
      ];
      for (const [method, path, body] of refusals) refused(await api.call(method, path, { body }), 404, path);
      const items = [
        { trace_id: theirs.trace_id, score: 1 },
        { trace_id: 't', ...vote },
      ];
      const batch = await api.call('POST', '/feedback', { body: { items } });
      assert.deepEqual(
        batch.body.items.map((item: Answer) => item.status),
        [404, 404],
      );
    }));

  it('lets those in that may, shows them nothing of others, and leaves all rows of others as they were', async () => {
    const names = ['"theirs"', theirs.id, theirs.job_id, theirs.mark];
    const before = rowsOf(await dumpTables(api.database), theirs);
    // What a twin's end would keep from the rest comes last.
    const inOrder = CLOSED.toSorted((a, b) => Number(a.id === 'deleteTwin') - Number(b.id === 'deleteTwin'));
    for (const operation of inOrder) {
      for (const role of KEY_ROLES.filter((role) => mayCall(operation, role))) {
        const { status, body } = await call(operation, ours, { key: api.keys[role] });
        const said = `${operation.id} as ${role}: ${JSON.stringify(body)}`;
        assert.ok(status < 500 && ![401, 403, 404, 429].includes(status), said);
        assert.ok(!names.some((name) => said.includes(name)), said);
      }
    }
    assert.deepEqual(rowsOf(await dumpTables(api.database), theirs), before);
  });
});
