import assert from 'node:assert/strict';
import { starterPersona } from '../../src/persona/default-persona.ts';
import { applyOperations } from '../../src/persona/manifest.ts';
import type { Operation } from '../../src/persona/operation.ts';
import { specHash } from '../../src/persona/hash.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { cli, fileIn } from './support.ts';

const archive: Operation = {
  op: 'set',
  path: '/procedural_modules/factual.background_first/status',
  from: 'active',
  to: 'archived',
};
const ban: Operation = { op: 'add', path: '/deterministic_rules/banned_phrases/to be honest', to: 'to be honest' };
const candidateOf = (...operations: Operation[]) => ({
  ...applyOperations(starterPersona, operations),
  version: '1.0.1',
});
const rated = (id: string, score: 1 | -1, answer: string, more: object = {}) =>
  JSON.stringify({ event_id: id, score, rater_id: id, answer, intent_label: 'advice_or_stance', ...more });

describe('twinloop gate', () => {
  let folder: TemporaryFolder;
  let active: string;
  let candidate: string;
  before(async () => {
    folder = await createTemporaryFolder();
    active = await fileIn(folder.path, 'active.json', starterPersona);
    candidate = await fileIn(folder.path, 'candidate.json', candidateOf(archive));
  });
  after(() => folder.remove());

  const statuses = (report: { checks: { name: string; status: string }[] }) =>
    Object.fromEntries(report.checks.map(({ name, status }) => [name, status]));

  it('passes a good candidate: exit 0, the report on stdout, a table on stderr', async () => {
    const manifest = await fileIn(folder.path, 'manifest.json', [archive]);
    const result = await cli(['gate', '--active', active, '--candidate', candidate, '--manifest', manifest]);
    assert.equal(result.code, 0);
    const report = result.json();
    assert.equal(report.verdict, 'pass');
    assert.equal(report.candidate_hash, specHash(candidateOf(archive)));
    assert.deepEqual([statuses(report)['lineage'], statuses(report)['provenance']], ['pass', 'pass']);
    assert.match(result.err, /constitution[^\n]*pass/);
    assert.match(result.err, /verdict: pass/);
  });

  it('says that without a manifest lineage and provenance are skipped', async () => {
    const result = await cli(['gate', '--active', active, '--candidate', candidate]);
    assert.equal(result.code, 0);
    const { lineage, provenance } = statuses(result.json());
    assert.deepEqual([lineage, provenance], ['skipped', 'skipped']);
  });

  it('fails what the manifest does not explain: exit 1', async () => {
    const manifest = await fileIn(folder.path, 'empty.json', []);
    const result = await cli(['gate', '--active', active, '--candidate', candidate, '--manifest', manifest]);
    assert.equal(result.code, 1);
    assert.equal(statuses(result.json())['provenance'], 'fail');
  });

  it('takes the parent from a manifest that names one', async () => {
    const said = { manifest: [archive], parent: '0.9.0', parent_hash: 'other' };
    const manifest = await fileIn(folder.path, 'detail.json', said);
    const result = await cli(['gate', '--active', active, '--candidate', candidate, '--manifest', manifest]);
    assert.equal(result.code, 1);
    assert.equal(statuses(result.json())['lineage'], 'fail');
  });

  it('cannot decide on a ban without enough rated answers: exit 2', async () => {
    const stricter = await fileIn(folder.path, 'stricter.json', candidateOf(ban));
    const answers = ['a', 'b', 'c'].map((id) => rated(id, 1, 'Take it.'));
    const file = await fileIn(folder.path, 'few.jsonl', answers);
    const result = await cli(['gate', '--active', active, '--candidate', stricter, '--rated', file]);
    assert.equal(result.code, 2);
    assert.equal(result.json().verdict, 'inconclusive');
  });

  it('replays rated answers, the last vote of a rater on an answer only', async () => {
    const stricter = await fileIn(folder.path, 'stricter.json', candidateOf(ban));
    const answer = 'Take it if you can live with less for a year, to be honest. The rest is a matter of taste.';
    const one = { trace_id: 'one', rater_id: 'r' };
    const lines = [
      ...Array.from({ length: 80 }, (_, i) => rated(`up${i}`, 1, answer)),
      rated('z1', -1, answer, { ...one, occurred_at: new Date(Date.now() - 2_000).toISOString() }),
      rated('z2', 1, answer, { ...one, occurred_at: new Date(Date.now() - 1_000).toISOString() }),
    ];
    const file = await fileIn(folder.path, 'many.jsonl', lines);
    const result = await cli(['gate', '--active', active, '--candidate', stricter, '--rated', file]);
    assert.equal(result.code, 1);
    const liked = result.json().checks.find(({ name }: { name: string }) => name === 'replay_liked');
    assert.equal(liked.status, 'fail');
    assert.match(liked.detail, /81/);
  });

  it('judges by cases of a file too', async () => {
    const cases = [
      {
        id: 'own.history',
        intent_label: 'factual_with_evidence',
        query: 'When was the first train?',
        plan: { module_ids: ['factual.background_first'] },
      },
    ];
    const file = await fileIn(folder.path, 'cases.json', cases);
    const result = await cli(['gate', '--active', active, '--candidate', candidate, '--cases', file]);
    assert.equal(result.code, 1);
    assert.equal(statuses(result.json())['golden'], 'fail');
  });

  describe('answers bad input with exit code 3 and nothing on stdout', () => {
    const refused = async (...argv: string[]): Promise<string> => {
      const { code, out, err } = await cli(['gate', ...argv]);
      assert.deepEqual([code, out], [3, '']);
      return err;
    };

    it('a missing option', async () => assert.match(await refused('--active', active), /--candidate/));
    it('a missing file', async () => {
      assert.match(
        await refused('--active', active, '--candidate', 'nowhere.json'),
        /nowhere\.json: there is no such file/,
      );
    });
    it('a file that is not JSON', async () => {
      const text = await fileIn(folder.path, 'text.jsonl', ['not JSON']);
      assert.match(await refused('--active', active, '--candidate', text), /is not JSON/);
    });
    it('a file that is no persona, with each place', async () => {
      const wrong = await fileIn(folder.path, 'wrong.json', { constitution: [1], frob: true });
      const err = await refused('--active', active, '--candidate', wrong);
      assert.match(err, /\/constitution\/0: /);
      assert.match(err, /frob/);
    });
    it('half of a surrogate pair', async () => {
      const broken = await fileIn(folder.path, 'half.json', { ...starterPersona, constitution: ['\uD800'] });
      assert.match(await refused('--active', active, '--candidate', broken), /half\.json is not JSON that can be used/);
    });
    it('a bad line of rated answers, by number', async () => {
      const lines = await fileIn(folder.path, 'bad.jsonl', [rated('a', 1, 'x'), '{"score": 3}']);
      assert.match(await refused('--active', active, '--candidate', candidate, '--rated', lines), /line 2: score/);
    });
    it('a manifest that is none', async () => {
      const wrong = await fileIn(folder.path, 'none.json', { operations: [] });
      const err = await refused('--active', active, '--candidate', candidate, '--manifest', wrong);
      assert.match(err, /neither a list of operations nor an object/);
    });
  });
});
