import assert from 'node:assert/strict';
import pc from 'picocolors';
import { runCli } from '../../src/cli/program.ts';
import type { CliIo } from '../../src/cli/support/io.ts';
import { environmentSchema, loadConfig } from '../../src/config.ts';
import { allCode, codeBlocks, curlRoutes, namedRoutes, readRepositoryFile, section, type Route } from './markdown.ts';

const README = readRepositoryFile('README.md');
const CONTRIBUTING = readRepositoryFile('CONTRIBUTING.md');
const LEARNING = readRepositoryFile('docs/learning.md');
const UPGRADES = readRepositoryFile('docs/upgrades.md');
const RELIABILITY = readRepositoryFile('docs/reliability.md');
const PRIVACY = readRepositoryFile('docs/privacy.md');
const SECURITY = readRepositoryFile('docs/security.md');
const OPERATIONS = readRepositoryFile('docs/operations.md');
const DOCUMENTS = [README, CONTRIBUTING, LEARNING, UPGRADES, RELIABILITY, PRIVACY, SECURITY, OPERATIONS];
const NPM_COMMANDS = ['cit', 'ci', 'prune', 'test'];

/** The words that follow `prefix` wherever the documents' code has it. */
function wordsAfter(prefix: RegExp): string[] {
  const pattern = new RegExp(`${prefix.source}([\\w:-]+)`, 'g');
  return DOCUMENTS.flatMap(allCode).flatMap((code) => [...code.matchAll(pattern)].map(([, word]) => word ?? ''));
}

/** What `twinloop <words> --help` writes to stdout. */
async function helpOf(...words: string[]): Promise<string> {
  let help = '';
  const io: CliIo = {
    out: (text) => (help += text),
    err: () => {},
    interactive: false,
    colors: pc.createColors(false),
    columns: () => 120,
    config: () => loadConfig({}),
    stopSignal: () => new AbortController().signal,
  };
  assert.equal(await runCli([...words, '--help'], io), 0);
  return help;
}

function isDocumented({ method, path }: Route, paths: Readonly<Record<string, object>>): boolean {
  return Object.entries(paths).some(([template, operations]) => {
    const pattern = template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    return new RegExp(`^${pattern}$`).test(path) && method.toLowerCase() in operations;
  });
}

describe('the documents', () => {
  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readRepositoryFile('package.json')) as { scripts: object };
    const example = JSON.parse(readRepositoryFile('examples/chat-client/package.json')) as { scripts: object };
    const named = wordsAfter(/\bnpm run (?:--silent )?/);
    assert.notEqual(named.length, 0);
    for (const name of named) assert.ok(name in scripts || name in example.scripts, `npm run ${name}`);
    for (const name of wordsAfter(/\bnpm (?!run\b)/)) assert.ok(NPM_COMMANDS.includes(name), `npm ${name}`);
  });

  it('name only verbs that the twinloop command has', async () => {
    const verbs = [...(await helpOf()).matchAll(/^ {2}([a-z][a-z-]*)(?: |$)/gm)].map(([, verb]) => verb ?? '');
    const named = wordsAfter(/(?:\bnpx |^)twinloop /);
    assert.notEqual(named.length, 0);
    for (const verb of named) assert.ok(verbs.includes(verb), `twinloop ${verb}`);
    for (const verb of verbs) assert.ok(named.includes(verb) || verb === 'help', `not documented: ${verb}`);
  });

  it('name only options that their verb has', async () => {
    const commands = [README, LEARNING, OPERATIONS]
      .flatMap(allCode)
      .flatMap((code) => [...code.matchAll(/(?:\bnpx |^)twinloop (.*--.*)$/gm)]);
    assert.notEqual(commands.length, 0);
    for (const [, command = ''] of commands) {
      const words = command.split(' ');
      const options = words.findIndex((word) => /^[^a-z]/.test(word));
      const help = await helpOf(...words.slice(0, options));
      for (const option of words.filter((word) => word.startsWith('--')))
        assert.match(help, new RegExp(` ${option}\\b`));
    }
  });

  it('have the client example as it is in its file', () => {
    const client = readRepositoryFile('examples/chat-client/client.ts');
    assert.ok(codeBlocks(README, 'ts').includes(client), 'copy examples/chat-client/client.ts into README.md');
  });

  it('name only routes that the API has', () => {
    const { paths } = JSON.parse(readRepositoryFile('openapi.json')) as { paths: Record<string, object> };
    const tour = curlRoutes(codeBlocks(README, 'sh').join('\n'));
    assert.ok(tour.length >= 12, `only ${tour.length} requests in the tour`);
    for (const route of [...tour, ...DOCUMENTS.flatMap(namedRoutes)]) {
      assert.ok(isDocumented(route, paths), `${route.method} ${route.path}`);
    }
    assert.ok(!isDocumented({ method: 'GET', path: '/feedback/trace-1' }, paths), 'the check itself');
  });

  it('name the knobs with the defaults that they have', () => {
    const defaults = Object.entries(environmentSchema.parse({}));
    const knobs = defaults.filter(([name]) => name.startsWith('FEEDBACK_LEARNING_'));
    for (const knobsOf of [section(README, 'Knobs'), section(LEARNING, '9. Knobs')]) {
      const rows = [...knobsOf.matchAll(/^\| `(FEEDBACK_LEARNING_\w+)` +\|.*?\|.*?\| +(\S+) +\|/gm)];
      const documented = Object.fromEntries(rows.map(([, name, value]) => [name, value]));
      assert.deepEqual(
        documented,
        Object.fromEntries(knobs.map(([name, value]) => [name, String(value as number | boolean)])),
      );
    }
  });
});
