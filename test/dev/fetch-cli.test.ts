import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { join } from 'node:path';
import { buildTemporalCli } from '../../src/dev/build-temporal-cli.ts';
import { downloadTemporalCli } from '../../src/dev/download-temporal-cli.ts';
import { createTemporaryFolder, writeScript } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

describe('fetching the Temporal CLI', () => {
  let folder: TemporaryFolder;
  let bin: string;
  let target: string;
  let server: Server | undefined;

  beforeEach(async () => {
    folder = await createTemporaryFolder();
    bin = join(folder.path, 'bin');
    target = join(bin, 'temporal');
    await mkdir(bin);
  });
  afterEach(async () => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
    await folder.remove();
  });

  async function serve(listener: RequestListener): Promise<string> {
    const listening = createServer(listener);
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const address = listening.address();
    assert.ok(address !== null && typeof address === 'object');
    return `http://127.0.0.1:${address.port}`;
  }

  it('unpacks the release for this system', async () => {
    await writeScript(folder.path, 'temporal', 'echo downloaded');
    execFileSync('tar', ['-czf', 'archive.tar.gz', 'temporal'], { cwd: folder.path });
    const archive = await readFile(join(folder.path, 'archive.tar.gz'));
    const asked: string[] = [];
    const releases = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.end(archive);
    });
    const said: string[] = [];
    assert.equal(await downloadTemporalCli(target, (line) => said.push(line), releases), undefined);
    assert.equal(execFileSync(target, { encoding: 'utf8' }), 'downloaded\n');
    assert.match(asked[0] ?? '', /^\/v[\d.]+\/temporal_cli_[\d.]+_(linux|darwin)_(amd64|arm64)\.tar\.gz$/);
    assert.match(said[0] ?? '', /about \d+ s/);
    assert.deepEqual(await readdir(bin), ['temporal']);
  });

  it('gives up on a host that accepts and never answers', async () => {
    const releases = await serve(() => {});
    const before = Date.now();
    assert.equal(await downloadTemporalCli(target, () => {}, releases), 'no answer within 5 s');
    assert.ok(Date.now() - before < 8_000);
    assert.deepEqual(await readdir(bin), []);
  });

  it('says why when the release is not there, or is no archive', async () => {
    const missing = await serve((_request, response) => response.writeHead(404).end());
    assert.match((await downloadTemporalCli(target, () => {}, missing)) ?? '', /^HTTP 404/);
    server?.close();
    const nonsense = await serve((_request, response) => response.end('<html>sign in</html>'));
    assert.match((await downloadTemporalCli(target, () => {}, nonsense)) ?? '', /could not be unpacked/);
    assert.deepEqual(await readdir(bin), []);
  });

  it('builds with go into the cache, and reports what go said when that fails', async () => {
    const go = join(folder.path, 'go-bin');
    await mkdir(go);
    const path = `${go}:/usr/bin:/bin`;
    await writeScript(
      go,
      'go',
      '[ "$1" = version ] && exit 0; printf "#!/bin/sh\\necho built\\n" >"$GOBIN/temporal"; chmod +x "$GOBIN/temporal"',
    );
    const said: string[] = [];
    assert.equal(await buildTemporalCli(target, path, (line) => said.push(line)), undefined);
    assert.equal(execFileSync(target, { encoding: 'utf8' }), 'built\n');
    assert.match(said[0] ?? '', /go install .*about 3 minutes/);
    await writeScript(go, 'go', '[ "$1" = version ] && exit 0; echo "no such host" >&2; exit 1');
    assert.equal(await buildTemporalCli(target, path, () => {}), 'no such host');
    assert.equal(await buildTemporalCli(target, folder.path, () => {}), '`go` is not on PATH');
    assert.deepEqual(await readdir(bin), ['temporal']);
  });
});
