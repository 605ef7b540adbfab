import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { applyOperations } from '../../src/persona/manifest.ts';
import { personaSpecSchema } from '../../src/persona/spec.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { cli, fileIn } from './support.ts';

const EXPERT_QA = fileURLToPath(new URL('../../../shared/data/expertqa_usefulness.jsonl', import.meta.url));
const BAD = 'factual.background_first';
const GOOD = 'factual.direct_answer';

/** 90 raters: answers with the bad module are disliked, the others liked. */
function votes(twin?: string): string[] {
  return Array.from({ length: 180 }, (_, i) => {
    const bad = i % 2 === 0;
    const score = i % 10 < 8 === bad ? -1 : 1;
    const row = {
      event_id: `${twin ?? 'e'}-${i}`,
      rater_id: `r${i % 90}`,
      score,
      module_ids: bad ? [GOOD, BAD] : [GOOD],
    };
    return JSON.stringify({ ...row, intent_label: 'anything at all', ...(twin === undefined ? {} : { twin }) });
  });
}

describe('twinloop learn', () => {
  let folder: TemporaryFolder;
  let spec: string;
  let events: string;
  before(async () => {
    folder = await createTemporaryFolder();
    spec = await fileIn(folder.path, 'spec.json', starterPersona);
    events = await fileIn(folder.path, 'events.jsonl', votes());
  });
  after(() => folder.remove());

  const learn = (...more: string[]) => cli(['learn', '--spec', spec, '--events', events, ...more]);

  it('prints modules, candidate, manifest and predictions, nothing else, and sentences beside it', async () => {
    const result = await learn('--as-of', '2026-01-01');
    assert.equal(result.code, 0);
    assert.match(
      result.err,
      /^the candidate:\n {2}Module \S+: status active -> archived \(90 votes, 45 raters; .*p_harm/,
    );
    const said = result.json();
    assert.deepEqual(Object.keys(said), ['modules', 'candidate', 'manifest', 'predictions']);
    assert.equal(said.modules.length, starterPersona.procedural_modules.length);
    assert.deepEqual(said.predictions, []);
    assert.ok(said.manifest.some(({ path }: { path: string }) => path === `/procedural_modules/${BAD}/status`));
    const expected = { ...applyOperations(starterPersona, said.manifest), version: '1.0.1' };
    assert.deepEqual(personaSpecSchema.parse(said.candidate), expected);
  });

  it('hands the gate a candidate that passes', async () => {
    const said = (await learn('--as-of', '2026-01-01')).json();
    const candidate = await fileIn(folder.path, 'learned.json', said.candidate);
    const manifest = await fileIn(folder.path, 'output.json', said);
    const gate = await cli(['gate', '--active', spec, '--candidate', candidate, '--manifest', manifest]);
    assert.equal(gate.code, 0, gate.err);
  });

  it('gives the same bytes for the same votes in another order', async () => {
    const reversed = await fileIn(folder.path, 'reversed.jsonl', votes().reverse());
    const again = await cli(['learn', '--spec', spec, '--events', reversed, '--as-of', '2026-01-01']);
    assert.equal(again.out, (await learn('--as-of', '2026-01-01')).out);
  });

  it('predicts held-out answers, whose score it does not read', async () => {
    const rows = [
      { event_id: 'with', module_ids: [GOOD, BAD], score: 1 },
      { event_id: 'without', module_ids: [GOOD] },
    ].map((row) => JSON.stringify({ ...row, intent_label: 'anything at all' }));
    const heldOut = await fileIn(folder.path, 'held-out.jsonl', rows);
    const { predictions } = (await learn('--predict', heldOut)).json();
    assert.deepEqual(
      predictions.map(({ event_id }: { event_id: string }) => event_id),
      ['with', 'without'],
    );
    assert.ok(predictions[0].p_good < 0.4 && predictions[1].p_good > 0.6, JSON.stringify(predictions));
  });

  it('changes nothing before there are votes: candidate null', async () => {
    const rows = votes().map((row) => JSON.stringify({ ...JSON.parse(row), occurred_at: '2026-02-01T00:00:00Z' }));
    const later = await fileIn(folder.path, 'later.jsonl', rows);
    const result = await cli(['learn', '--spec', spec, '--events', later, '--as-of', '2026-01-31T23:59:00Z']);
    const { candidate, manifest } = result.json();
    assert.deepEqual([result.code, candidate, manifest], [0, null, []]);
  });

  it('counts anonymous rows as raters only when told', async () => {
    const rows = votes().map((row) => JSON.stringify({ ...JSON.parse(row), rater_id: null }));
    const anonymous = await fileIn(folder.path, 'anonymous.jsonl', rows);
    const statusChanges = async (...more: string[]) => {
      const { manifest } = (await cli(['learn', '--spec', spec, '--events', anonymous, ...more])).json();
      return manifest.filter(({ path }: { path: string }) => path.endsWith('/status')).length;
    };
    assert.equal(await statusChanges(), 0);
    assert.equal(await statusChanges('--anonymous-as-raters'), 1);
  });

  it('takes the spec to be that of the twin with the most votes, or of the one that is named', async () => {
    const few = votes('few').slice(0, 3);
    const both = await fileIn(folder.path, 'both.jsonl', [...few, ...votes('many')]);
    const run = (...more: string[]) => cli(['learn', '--spec', spec, '--events', both, ...more]);
    const chosen = await run();
    assert.equal(chosen.json().modules[0].twin_id, 'many');
    assert.match(chosen.err, /votes of 2 twins.*that of many/);
    assert.equal((await run('--twin', 'few')).json().modules[0].twin_id, 'few');
    assert.match((await run('--twin', 'nobody')).err, /no vote of twin nobody/);
  });

  it('names bad lines and uses the others; only bad ones fail', async () => {
    const mixed = await fileIn(folder.path, 'mixed.jsonl', ['{', ...votes(), '{"score":0}']);
    const result = await cli(['learn', '--spec', spec, '--events', mixed, '--as-of', '2026-01-01']);
    assert.equal(result.code, 0);
    assert.match(result.err, /2 bad lines\n {2}line 1: is not JSON.*\n {2}line 182: score/);
    assert.equal(result.out, (await learn('--as-of', '2026-01-01')).out);
    const bad = await fileIn(folder.path, 'only-bad.jsonl', ['{']);
    const failed = await cli(['learn', '--spec', spec, '--events', bad]);
    assert.deepEqual([failed.code, failed.out], [1, '']);
  });

  it('reads real feedback of many twins', async function () {
    this.timeout(20_000);
    if (!existsSync(EXPERT_QA)) {
      console.log('skipped: shared/data is not beside the repository');
      return this.skip();
    }
    const result = await cli(['learn', '--spec', spec, '--events', EXPERT_QA, '--predict', EXPERT_QA]);
    assert.equal(result.code, 0);
    const { predictions } = result.json();
    assert.equal(predictions.length, 478);
    assert.ok(predictions.every(({ p_good }: { p_good: number }) => p_good > 0 && p_good < 1));
  });
});
