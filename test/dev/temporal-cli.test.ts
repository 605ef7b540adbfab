import assert from 'node:assert/strict';
import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedCliPath, findTemporalCli, obtainTemporalCli } from '../../src/dev/temporal-cli.ts';
import type { CliSearch } from '../../src/dev/temporal-cli.ts';
import { UserError } from '../../src/dev/user-error.ts';
import { createTemporaryFolder, writeScript } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const CURRENT = 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"';
const OLD = 'echo "temporal version 0.10.0 (Server 1.20.1, UI 2.10.1)"';

describe('the Temporal CLI', () => {
  let folder: TemporaryFolder;
  let search: CliSearch;
  let onPath: string;

  beforeEach(async () => {
    folder = await createTemporaryFolder();
    onPath = join(folder.path, 'on-path');
    await mkdir(onPath);
    await mkdir(join(folder.path, 'cache', 'bin'), { recursive: true });
    search = { explicit: undefined, path: `${folder.path}/nowhere:${onPath}`, cacheDir: join(folder.path, 'cache') };
  });
  afterEach(() => folder.remove());

  const inCache = (body: string) => writeScript(join(folder.path, 'cache', 'bin'), 'temporal', body);

  it('is looked for in $TEMPORAL_CLI, then on PATH, then in the cache', async () => {
    const explicit = await writeScript(folder.path, 'mine', CURRENT);
    const path = await writeScript(onPath, 'temporal', CURRENT);
    const cached = await inCache(CURRENT);
    assert.equal(cached, cachedCliPath(search.cacheDir));
    assert.equal((await findTemporalCli({ ...search, explicit })).path, explicit);
    assert.equal((await findTemporalCli(search)).path, path);
    assert.equal((await findTemporalCli({ ...search, path: folder.path })).path, cached);
  });

  it('is an error that names the variable when $TEMPORAL_CLI cannot be used, whatever else there is', async () => {
    await inCache(CURRENT);
    const explicit = join(folder.path, 'absent');
    await assert.rejects(findTemporalCli({ ...search, explicit }), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^TEMPORAL_CLI is .*absent, but there is no executable file there/);
      return true;
    });
    const other = await writeScript(folder.path, 'other', 'echo hello');
    await assert.rejects(
      findTemporalCli({ ...search, explicit: other }),
      /does not answer --version as the Temporal CLI/,
    );
  });

  it('passes over one on PATH that is too old, and says so', async () => {
    await writeScript(onPath, 'temporal', OLD);
    const cached = await inCache(CURRENT);
    const found = await findTemporalCli(search);
    assert.equal(found.path, cached);
    assert.ok(found.misses.some((miss) => /PATH: .*server is 1\.20, older than 1\.28/.test(miss)));
  });

  it('is downloaded into the cache, and only built when that fails', async () => {
    const calls: string[] = [];
    const build = async (): Promise<undefined> => {
      calls.push('build');
      await inCache(CURRENT);
      return undefined;
    };
    const failing = async (): Promise<string> => {
      calls.push('download');
      return 'no answer';
    };
    const said: string[] = [];
    const got = await obtainTemporalCli(search, (line) => said.push(line), { download: failing, build });
    assert.equal(got, cachedCliPath(search.cacheDir));
    assert.deepEqual(calls, ['download', 'build']);
    assert.deepEqual(said, ['download: no answer']);
    const again = async (): Promise<string> => assert.fail('it is in the cache already');
    assert.equal(await obtainTemporalCli(search, () => {}, { download: again, build: again }), got);
  });

  it('is one message with everything tried and the ways out when none can be had', async () => {
    const sources = { download: async () => 'no answer within 5 s', build: async () => '`go` is not on PATH' };
    await assert.rejects(
      obtainTemporalCli(search, () => {}, sources),
      (error: unknown) => {
        assert.ok(error instanceof UserError);
        for (const part of [
          'TEMPORAL_CLI: not set',
          'PATH: no `temporal` command',
          'cache: ',
          'download: no answer within 5 s',
          'go install: `go` is not on PATH',
          'set TEMPORAL_CLI',
          'install Go',
          'set TEMPORAL_ADDRESS',
        ]) {
          assert.ok(error.message.includes(part), `${part} is not in:\n${error.message}`);
        }
        return true;
      },
    );
    await assert.rejects(access(cachedCliPath(search.cacheDir)));
    assert.deepEqual(await readdir(join(search.cacheDir, 'bin')), []);
  });
});
