import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentSchema } from '../../src/config.ts';
import { codeBlocks, readRepositoryFile, ROOT } from '../docs/markdown.ts';
import { readCompose, readDockerfile, startOrder, textsOf, type Service } from './container-files.ts';

const TEMPORAL_VARIABLE = /^TEMPORAL_/;
const KNOWN = new Set(Object.keys(environmentSchema.shape));
const isKnown = (name: string): boolean => KNOWN.has(name) || TEMPORAL_VARIABLE.test(name);

describe('Dockerfile and compose.yaml', () => {
  const stages = readDockerfile();
  const compose = readCompose();
  const services = Object.entries(compose.services);
  const ours = services.filter(([, { build }]) => build !== undefined);
  const version = (JSON.parse(readRepositoryFile('package.json')) as { version: string }).version;

  it('name every image by an exact version', () => {
    const strangers = services.flatMap(([, { image, build }]) => (build === undefined ? [image] : []));
    for (const image of [...stages.map((stage) => stage.image), ...strangers]) assert.match(image, /:\d+\.\d+/, image);
    for (const [, { image }] of ours) assert.equal(image, `twinloop:${version}`);
    assert.equal(new Set(stages.map((stage) => stage.image)).size, 1, 'one Node for all stages');
  });

  it('copy files that exist, and that .dockerignore lets in', () => {
    const ignored = readRepositoryFile('.dockerignore').split('\n');
    const admitted = ignored.flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    assert.ok(ignored.includes('*'), 'everything is left out first');
    const sources = textsOf(stages, 'COPY').filter((text) => !text.startsWith('--from='));
    const names = new Set(sources.flatMap((text) => text.split(' ').slice(0, -1)));
    for (const name of names) {
      assert.ok(existsSync(join(ROOT, name)), name);
      assert.ok(admitted.includes(name), `.dockerignore keeps ${name} out`);
    }
    assert.deepEqual(new Set(admitted), names, 'nothing is let in that is not copied');
  });

  it('set only variables that Twinloop reads', () => {
    const fixed = textsOf(stages, 'ENV').flatMap((text) => text.split(' ').map((pair) => pair.split('=')[0] ?? ''));
    const set = ours.flatMap(([, { environment = {} }]) => Object.keys(environment));
    assert.ok(fixed.length > 0 && set.length > 0);
    for (const name of [...fixed, ...set]) assert.ok(isKnown(name), `src/config.ts does not know ${name}`);
  });

  it('hold no secret, and end without one', () => {
    const values = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
    const secret = values.filter(([name, value]) => /PASSWORD|KEY|SECRET|TOKEN/.test(name) || value.includes('@'));
    assert.ok(secret.length >= 2);
    for (const [name, value] of secret) assert.match(value, /\$\{POSTGRES_PASSWORD:\?[^}]+\}/, name);
    assert.doesNotMatch(
      textsOf(stages, 'ENV').join(' ') + textsOf(stages, 'ARG').join(' '),
      /PASSWORD|KEY|SECRET|TOKEN/,
    );
  });

  it('run as nobody special, and say how they are', () => {
    const last = stages.slice(-1);
    assert.deepEqual(textsOf(last, 'USER'), ['node']);
    assert.equal(textsOf(last, 'HEALTHCHECK').length, 1);
    const waitedFor = services.flatMap(([, { depends_on = {} }]) =>
      Object.entries(depends_on).flatMap(([name, { condition }]) => (condition === 'service_healthy' ? [name] : [])),
    );
    const healthOf = (service: Service | undefined) => service?.healthcheck?.test;
    for (const name of waitedFor) assert.ok(healthOf(compose.services[name]), `${name} has no health check`);
    for (const name of startOrder(compose)) assert.ok(compose.services[name], `there is no service ${name}`);
  });

  it('keep what is kept in named volumes, and publish to this machine only', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    assert.deepEqual(new Set(mounts), new Set(Object.keys(compose.volumes)));
    for (const [, { ports = [] }] of services) for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
  });

  it('are started by the commands of docs/operations.md', () => {
    const [block = ''] = codeBlocks(readRepositoryFile('docs/operations.md'), 'sh').filter((code) =>
      code.includes('docker compose up'),
    );
    const header = [...readRepositoryFile('compose.yaml').matchAll(/^# {3}(.+)$/gm)].map(([, line]) => line ?? '');
    assert.equal(header.length, 3);
    for (const line of header) assert.ok(block.split('\n').includes(line), `docs/operations.md lacks: ${line}`);
  });
});
