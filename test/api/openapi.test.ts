import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { PROBLEMS } from '../../src/api/http/problem-catalogue.ts';
import { renderOpenApi } from '../../src/api/render-openapi.ts';
import { openTestApi, type Json, type TestApi } from './harness.ts';

describe('openapi.json', () => {
  let api: TestApi;
  let committed: string;
  let operations: { name: string; operation: Json }[];
  let document: Json;

  before(async () => {
    api = await openTestApi();
    committed = await readFile(new URL('../../openapi.json', import.meta.url), 'utf8');
    document = JSON.parse(committed);
    operations = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
    );
  });
  after(() => api.close());

  it('is what the routes say (else: npm run openapi)', async () => {
    assert.ok(committed === renderOpenApi(), 'npm run openapi writes it anew');
    assert.deepEqual((await api.call('GET', '/openapi.json', { key: null })).body, document);
  });

  it('documents every route of the app', () => {
    const routes = api.app.routes.filter(({ method, path }) => method !== 'ALL' && !/^\/(docs|openapi)/.test(path));
    const names = new Set(
      routes.map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
    );
    assert.deepEqual([...names].toSorted(), operations.map(({ name }) => name).toSorted());
  });

  it('gives each operation a name, a tag, a summary, and problems for every error', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
    const tags = new Set(document.tags.map(({ name }: Json) => name));
    for (const { name, operation } of operations) {
      assert.ok(operation.operationId && operation.summary && operation.tags.length === 1, name);
      assert.ok(tags.has(operation.tags[0]), name);
      const guarded = operation.security !== undefined;
      const expected = [
        '500',
        ...(guarded ? ['401', '403', '422', '503'] : []),
        ...(operation.requestBody === undefined ? [] : ['400', '413', '415']),
        ...(name.includes('{') ? ['404'] : []),
      ];
      for (const status of expected) assert.ok(status in operation.responses, `${name} lacks ${status}`);
      for (const [status, response] of Object.entries<Json>(operation.responses)) {
        if (Number(status) < 400) continue;
        const schema = response.content['application/problem+json'].schema;
        assert.deepEqual(schema, { $ref: '#/components/schemas/Problem' }, `${name} ${status}`);
      }
    }
  });

  it('names every schema that a body is made of', () => {
    for (const { name, operation } of operations) {
      const bodies = [operation.requestBody, ...Object.values<Json>(operation.responses)];
      for (const body of bodies) {
        const schema = body?.content?.['application/json']?.schema;
        if (schema !== undefined) assert.match(String(schema.$ref), /^#\/components\/schemas\/\w+$/, name);
      }
    }
    const references = committed.matchAll(/"\$ref": "#\/components\/schemas\/(\w+)"/g);
    for (const [, name = ''] of references) assert.ok(name in document.components.schemas, name);
  });

  it('explains every problem, here and at its own address', async () => {
    for (const [slug, known] of Object.entries(PROBLEMS)) {
      assert.ok(document.info.description.includes(`/problems/${slug}`), slug);
      const { status, body } = await api.call('GET', `/problems/${slug}`, { key: null });
      assert.equal(status, 200);
      assert.deepEqual(body, { type: `/problems/${slug}`, ...known });
    }
  });
});

describe('docs', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  it('need nothing from elsewhere', async () => {
    const page = await api.call('GET', '/docs', { key: null });
    assert.equal(page.status, 200);
    assert.doesNotMatch(page.body, /https?:/);
    const wanted = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match: string[]) => `/${match[1]}`);
    assert.equal(wanted.length, 4);
    for (const path of wanted) {
      const answer = await api.call('GET', path, { key: null });
      assert.equal(answer.status, 200, path);
      assert.ok(answer.body.length > 100, path);
    }
    assert.equal((await api.call('GET', '/docs/assets/package.json', { key: null })).status, 404);
  });
});
