import assert from 'node:assert/strict';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { openBench, type Bench } from '../commands/support.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { cli, fileIn } from './support.ts';

describe('twinloop gate-selftest', () => {
  let folder: TemporaryFolder;
  let bench: Bench;
  before(async () => {
    folder = await createTemporaryFolder();
    bench = await openBench();
  });
  after(async () => {
    await bench.close();
    await folder.remove();
  });

  it('tries the gate on files: exit 0, the report on stdout, a line on stderr', async () => {
    const active = await fileIn(folder.path, 'active.json', starterPersona);
    const { code, json, err } = await cli(['gate-selftest', '--active', active]);
    assert.equal(code, 0);
    const { as_expected, aa, undecidable } = json();
    assert.deepEqual([as_expected, aa.verdict, undecidable.length], [true, 'pass', 2]);
    assert.match(err, /12 planted regressions caught, 0 missed; checks without material: replay_liked, replay_useful/);
  });

  it('replays rated answers of a file', async () => {
    const active = await fileIn(folder.path, 'active.json', starterPersona);
    const lines = Array.from({ length: 70 }, (_, n) =>
      JSON.stringify({
        event_id: `e${n}`,
        score: n % 7 === 0 ? -1 : 1,
        rater_id: `r${n % 9}`,
        answer: 'One clear step.',
      }),
    );
    const rated = await fileIn(folder.path, 'rated.jsonl', lines);
    const { code, json } = await cli(['gate-selftest', '--active', active, '--rated', rated]);
    assert.deepEqual([code, json().undecidable], [0, []]);
  });

  it("reads a twin's own persona, cases and votes from the database", async () => {
    const twin = await bench.twin();
    await bench.cast(
      twin,
      Array.from({ length: 60 }, (_, n) => ({ rater_id: `r${n}`, answer: 'One clear step.' })),
    );
    const { code, json } = await cli(['gate-selftest', '--twin', twin.id], { DATABASE_URL: bench.url });
    assert.deepEqual([code, json().undecidable], [0, []]);
    const none = await cli(['gate-selftest', '--twin', 'nobody'], { DATABASE_URL: bench.url });
    assert.deepEqual([none.code, none.out], [1, '']);
    assert.match(none.err, /no twin nobody with a live persona/);
  });

  it('wants one or the other', async () => {
    for (const argv of [[], ['--twin', 'a', '--active', 'b'], ['--rated', 'b']]) {
      const { code, out } = await cli(['gate-selftest', ...argv]);
      assert.deepEqual([code, out], [2, '']);
    }
  });
});
