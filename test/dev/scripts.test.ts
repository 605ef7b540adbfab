import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLineOf } from '../../src/dev/processes.ts';
import { waitUntil } from '../../src/dev/readiness.ts';
import { createTemporaryFolder, writeScript } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A folder with a copy of `files`, and `tools` as the only PATH. */
async function createCheckout(files: readonly string[]): Promise<TemporaryFolder & { readonly tools: string }> {
  const folder = await createTemporaryFolder();
  for (const file of files) {
    await mkdir(dirname(join(folder.path, file)), { recursive: true });
    await cp(join(ROOT, file), join(folder.path, file));
  }
  const tools = join(folder.path, 'tools');
  await mkdir(tools);
  return { ...folder, tools };
}

/** Puts a program of this machine on the test's PATH. */
async function provide(tools: string, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const found = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    await symlink(found, join(tools, name));
  }
}

describe('temporal-dev.sh, before anything is installed', () => {
  let checkout: Awaited<ReturnType<typeof createCheckout>>;

  beforeEach(async () => {
    checkout = await createCheckout(['temporal-dev.sh', 'package.json', 'src/dev/check-dependencies.mjs']);
    await provide(checkout.tools, 'bash', 'dirname');
    await writeScript(checkout.tools, 'uname', '[ "$1" = -s ] && echo Linux || echo x86_64');
  });
  afterEach(() => checkout.remove());

  const run = () => {
    const { status, stdout, stderr } = spawnSync(
      join(checkout.tools, 'bash'),
      [join(checkout.path, 'temporal-dev.sh')],
      {
        env: { PATH: checkout.tools },
        encoding: 'utf8',
      },
    );
    return { status, stdout, message: stderr.trim() };
  };

  it('says in one message that there is no Node', () => {
    const { status, message } = run();
    assert.equal(status, 1);
    assert.match(message, /^Node 20\.11 or newer is needed and no `node` is on PATH: .*PATH\.$/);
  });

  for (const [version, old] of [
    ['v18.20.4', true],
    ['v20.10.0', true],
    ['nonsense', true],
    ['v20.11.0', false],
    ['v24.1.0', false],
  ] as const) {
    it(`${old ? 'refuses' : 'accepts'} Node ${version}`, async () => {
      await writeScript(checkout.tools, 'node', `[ "$1" = --version ] && { echo ${version}; exit; }; exit 1`);
      const { status, message } = run();
      assert.equal(status, 1);
      assert.match(
        message,
        old
          ? /^Node 20\.11 or newer is needed, `node` on PATH is .*PATH\.$/
          : /^The dependencies .*no `npm` is on PATH/,
      );
    });
  }

  for (const [system, machine] of [
    ['FreeBSD', 'amd64'],
    ['Linux', 'riscv64'],
    ['MINGW64_NT-10.0', 'x86_64'],
  ]) {
    it(`refuses ${system} on ${machine}`, async () => {
      await writeScript(checkout.tools, 'uname', `[ "$1" = -s ] && echo ${system} || echo ${machine}`);
      const { status, message } = run();
      assert.equal(status, 1);
      assert.equal(
        message,
        `Twinloop runs on Linux and macOS (x86-64 or arm64), this is ${system}/${machine}. On Windows use WSL 2.`,
      );
    });
  }

  it('installs missing dependencies with npm ci, and says when that fails', async () => {
    await provide(checkout.tools, 'node');
    await writeScript(checkout.tools, 'npm', 'echo "npm $1 was called" >&2; exit 7');
    const { status, stdout, message } = run();
    assert.equal(status, 1);
    assert.match(stdout, /^installing the dependencies with npm ci \(about \d+ s\)$/m);
    assert.match(message, /npm ci was called\nnpm ci failed/);
  });

  it('ends the installation when it is stopped', async () => {
    await provide(checkout.tools, 'node', 'sleep');
    await writeScript(checkout.tools, 'npm', `sleep 67 & echo $! >"${checkout.path}/sleeper"; wait`);
    const child = spawn(join(checkout.tools, 'bash'), [join(checkout.path, 'temporal-dev.sh')], {
      env: { PATH: checkout.tools },
      stdio: 'ignore',
    });
    const sleeper = async () => Number(await readFile(join(checkout.path, 'sleeper'), 'utf8').catch(() => ''));
    assert.ok(await waitUntil(async () => (await sleeper()) > 0, 10_000));
    const pid = await sleeper();
    assert.ok((await commandLineOf(pid)) !== undefined);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 143);
    assert.ok(await waitUntil(async () => (await commandLineOf(pid)) === undefined, 5_000));
  });
});

describe('.ci/run', () => {
  let checkout: Awaited<ReturnType<typeof createCheckout>>;

  beforeEach(async () => {
    checkout = await createCheckout(['.ci/run']);
  });
  afterEach(() => checkout.remove());

  /** `npm` plays the four calls: ci, run check, test, run build. */
  async function verdict(
    plays: Readonly<Record<string, string>>,
  ): Promise<{ status: number | null; last: string; all: string }> {
    const cases = Object.entries(plays).map(([call, play]) => `"${call}"*) ${play} ;;`);
    await writeScript(checkout.tools, 'npm', `case "$*" in ${cases.join(' ')} esac`);
    const { status, stdout } = spawnSync('bash', [join(checkout.path, '.ci', 'run')], {
      env: { PATH: `${checkout.tools}:/usr/bin:/bin` },
      encoding: 'utf8',
    });
    return { status, last: stdout.trimEnd().split('\n').at(-1) ?? '', all: stdout };
  }

  it("closes with mocha's own figures", async () => {
    const summary = "printf '  ok\\n\\n  \\033[32m 12 passing\\033[0m (3s)\\n  2 pending\\n\\n'";
    assert.deepEqual(await verdict({ test: summary }).then(({ status, last }) => [status, last]), [
      0,
      '12 passed, 0 failed, 2 skipped',
    ]);
  });

  it('fails with failing tests', async () => {
    const { status, last } = await verdict({ test: "printf '\\n  12 passing (3s)\\n  3 failing\\n'; exit 3" });
    assert.deepEqual([status, last], [1, '12 passed, 3 failed, 0 skipped']);
  });

  it('fails with a check, a build or an installation that fails', async () => {
    const green = "printf '\\n  12 passing (3s)\\n'";
    const check = await verdict({ 'run check': 'exit 1', test: green });
    assert.deepEqual([check.status, check.last], [1, '12 passed, 1 failed, 0 skipped']);
    assert.match(check.all, /^FAILED: npm run check$/m);
    const build = await verdict({ test: green, 'run build': 'exit 2' });
    assert.deepEqual([build.status, build.last], [1, '12 passed, 1 failed, 0 skipped']);
    const install = await verdict({ ci: 'exit 1', test: green });
    assert.deepEqual([install.status, install.last], [1, '0 passed, 1 failed']);
  });

  it('fails when the tests end without a summary, or with an error after it', async () => {
    const none = await verdict({ test: 'echo hello' });
    assert.deepEqual([none.status, none.last], [1, '0 passed, 1 failed, 0 skipped']);
    const late = await verdict({ test: "printf '\\n  12 passing (3s)\\n'; exit 1" });
    assert.deepEqual([late.status, late.last], [1, '12 passed, 1 failed, 0 skipped']);
  });
});
