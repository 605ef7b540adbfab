import assert from 'node:assert/strict';
import type { Database } from '../../src/db/client.ts';
import { assertInvariants, findViolations } from '../support/invariants.ts';
import { openBench, type Bench } from '../commands/support.ts';
import { makeWorld, type World } from './healthy-world.ts';
import { PLANTS } from './planted-violations.ts';

class Undo extends Error {}

describe('the invariants', () => {
  let bench: Bench;
  let world: World;
  before(async () => {
    bench = await openBench();
    world = await makeWorld(bench);
  });
  after(() => bench.close());

  it('hold where all went well', async () => {
    await assertInvariants(bench, { canaries: ['the canary sings'], captured: { 'the log': 'nothing' } });
  });

  for (const { what, breaks, by = () => [], options = () => ({}), named } of PLANTS) {
    it(`${breaks} finds ${what}, and nothing else`, async () => {
      const inside = bench.database.db.transaction(async (tx) => {
        for (const statement of by(world)) await tx.execute(statement);
        const broken = { database: { ...bench.database, db: tx as unknown as Database } };
        const found = await findViolations(broken, options(world));
        assert.deepEqual(
          found.map(({ name }) => name),
          [breaks],
          JSON.stringify(found),
        );
        await assert.rejects(assertInvariants(broken, options(world)), (error: Error) => {
          const id = named?.(world) ?? (breaks === 'I5' || breaks === 'I6' ? world.versioned : world.busy);
          assert.ok(error.message.includes(`${breaks} `), error.message);
          assert.ok(breaks === 'I10' || error.message.includes(id), error.message);
          return true;
        });
        throw new Undo();
      });
      await assert.rejects(inside, Undo);
    });
  }
});
