import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createApp } from '../../src/api/app.ts';
import { serveApp, type ApiServer } from '../../src/api/serve.ts';
import { ensureDemoTenant } from '../../src/db/key-writes.ts';
import { freshId, startSystem, type TestSystem } from '../support/system.ts';
import { codeBlocks, readRepositoryFile, section } from './markdown.ts';

const README = readRepositoryFile('README.md');
const shell = (title: string): string[] => codeBlocks(section(README, title), 'sh');

describe("README's tour", () => {
  let system: TestSystem;
  let server: ApiServer;

  before(async () => {
    system = await startSystem();
    await system.startWorker();
    await ensureDemoTenant(system.database.db, 'dev-key');
    const { database: db, control, learner, defaults } = system;
    const app = createApp({ db, control, learner, defaults, temporalHealth: async () => true, log: () => {} });
    server = await serveApp(app.fetch, { host: '127.0.0.1', port: 0 });
  });
  after(async () => {
    await server.drain();
    await system.stop();
  });

  it('does in a shell what it says', async () => {
    // The Temporal server is the whole run's, so the twin has a name of this test's.
    const twin = freshId('mara');
    const commands = [...shell('A tour with curl'), ...shell('Connect a chat').filter((code) => code.includes('curl'))];
    const script = commands
      .join('\n')
      .replaceAll('127.0.0.1:3000', `127.0.0.1:${server.port}`)
      .replaceAll('/mara', `/${twin}`)
      .replaceAll(/"mara(?=\\?")/g, `"${twin}`)
      .replaceAll('twin_id=mara', `twin_id=${twin}`);
    // Without --norc a bash whose input is a socket, as here, may read a start-up file that -u does not suit.
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', script]);
    assert.equal(stderr, '');
    const told = [
      "active_version: '1.0.0'",
      '- Explain with a metaphor from sport.',
      "[ 'style.plain_words' ]",
      'Stored; 1 of 100 votes for the next run.',
      'Collecting: 40 new votes wait, 100 are needed.',
      'Module style.sports_metaphors: status active -> archived (20 votes',
      "'golden: pass'",
      'held\nauto_publish_off\n',
      "'Module style.sports_metaphors: status active -> archived (20 votes, 20 raters; ",
      'active\n',
      '- Use plain words.',
      '1.0.2',
      'all_suppressed',
      'Cooling down until',
      "'no_candidate'",
      "'spec.rollback', 'spec.approve'",
      "'public_widget'",
    ];
    let from = 0;
    for (const text of told) {
      const at = stdout.indexOf(text, from);
      assert.notEqual(at, -1, `${text} is not in what follows:\n${stdout.slice(from)}`);
      from = at + text.length;
    }
    assert.doesNotMatch(stdout, /"type":"\/problems|undefined/);
  });
});
