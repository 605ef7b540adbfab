import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cli } from './support.ts';

const BIN = fileURLToPath(new URL('../../bin/twinloop.mjs', import.meta.url));
const VERBS = [
  'demo',
  'import',
  'export',
  'sweep',
  'keys',
  'keys create',
  'keys list',
  'keys revoke',
  'migrate',
  'doctor',
  'gate',
  'gate-selftest',
  'learn',
];

describe('the twinloop command', () => {
  for (const verb of ['', ...VERBS]) {
    it(`explains itself: twinloop ${verb} --help`, async () => {
      const { code, out, err } = await cli([...verb.split(' ').filter(Boolean), '--help']);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, new RegExp(`^Usage: twinloop ${verb}`.trimEnd()));
    });
  }

  for (const [what, argv] of [
    ['no verb', []],
    ['an unknown verb', ['frob']],
    ['an unknown option', ['migrate', '--frob']],
    ['an argument too many', ['migrate', 'now']],
    ['no subverb', ['keys']],
    ['a missing option', ['import', 'votes.jsonl']],
    ['an export of nothing', ['export']],
    ['a missing argument', ['import', '--twin', 't']],
    ['a number that is none', ['sweep', '--once', '--min-events', '1.5']],
    ['a number too small', ['sweep', '--once', '--limit-twins', '0']],
    ['a role that is none', ['keys', 'create', '--tenant', 't', '--role', 'king']],
    ['a tenant that cannot be', ['keys', 'create', '--tenant', 'a b', '--role', 'owner']],
    ['a time that is none', ['learn', '--spec', 'a', '--events', 'b', '--as-of', '2026-13-01']],
  ] as const) {
    it(`answers ${what} with exit code 2, on stderr`, async () => {
      const { code, out, err } = await cli(argv);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /error: |Usage: /);
    });
  }

  for (const option of ['--auto-publish', '--skip-regression-gate']) {
    it(`refuses sweep ${option} with a sentence`, async () => {
      const { code, out, err } = await cli(['sweep', '--once', option]);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /decided by each twin's policy/);
    });
  }

  it('names the variables it cannot use', async () => {
    const { code, out, err } = await cli(['migrate'], { DATABASE_URL: 'mysql://x' });
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /DATABASE_URL: must be a postgres:\/\/ URL/);
  });

  it('runs from any folder by its file in bin/', function () {
    this.timeout(20_000);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [BIN, ...args], { cwd: tmpdir(), encoding: 'utf8', timeout: 15_000 });
    const version = run('--version');
    assert.deepEqual([version.status, version.stdout.trim()], [0, '0.1.0']);
    const usage = run('frob');
    assert.deepEqual([usage.status, usage.stdout], [2, '']);
    assert.match(usage.stderr, /unknown command 'frob'/);
  });
});
