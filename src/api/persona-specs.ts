import { createRoute, z } from '@hono/zod-openapi';
import { etag } from 'hono/etag';
import { createSpec } from '../commands/create-spec.ts';
import { listSpecs, readManifestsBetween } from '../db/specs.ts';
import { readActiveSpec, readSpecRow, type SpecRow } from '../db/spec-writes.ts';
import { diffSpecs, summarizeManifest, withEvidence } from '../persona/manifest.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { BODY_LIMITS } from './http/body.ts';
import { notFound } from './http/problems.ts';
import { bodyProblems, json, readProblems, requiredBody } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { noTwin, refOf, twinOf } from './http/twin-of.ts';
import { actorOf, listQuery, twinParams } from './schemas/common.ts';
import {
  diffSchema,
  newSpecSchema,
  specDetailSchema,
  specDetailView,
  specItemView,
  specPage,
  versionParams,
  versionSchema,
} from './schemas/spec.ts';

const tags = ['Persona specs'];
const path = '/twins/{id}/persona-specs';

const list = createRoute({
  method: 'get',
  path,
  operationId: 'listPersonaSpecs',
  summary: "A twin's versions",
  tags,
  ...access(ROLES.read),
  request: { params: twinParams, query: listQuery },
  responses: { 200: json(specPage, 'A page of versions.'), ...readProblems('not-found') },
});

const create = createRoute({
  method: 'post',
  path,
  operationId: 'createPersonaSpec',
  summary: 'Add a version',
  description:
    'A draft, with the next free minor number unless `bump` says otherwise; a first version is live at once.',
  tags,
  ...access(ROLES.command, { limit: BODY_LIMITS.spec }),
  request: { params: twinParams, ...requiredBody(newSpecSchema) },
  responses: {
    201: { ...json(specDetailSchema, 'Created.'), headers: { Location: { schema: { type: 'string' as const } } } },
    ...bodyProblems('not-found'),
  },
});

const active = createRoute({
  method: 'get',
  path: `${path}/active`,
  operationId: 'getActivePersonaSpec',
  summary: 'The live version',
  description: 'With an ETag: send it as `If-None-Match`, and an unchanged persona is a 304 without a body.',
  tags,
  ...access(ROLES.read),
  request: { params: twinParams, headers: z.object({ 'if-none-match': z.string().optional() }) },
  responses: {
    200: { ...json(specDetailSchema, 'The live version.'), headers: { ETag: { schema: { type: 'string' as const } } } },
    304: { description: 'Unchanged.' },
    ...readProblems('not-found'),
  },
});

const read = createRoute({
  method: 'get',
  path: `${path}/{version}`,
  operationId: 'getPersonaSpec',
  summary: 'Read a version',
  tags,
  ...access(ROLES.read),
  request: { params: versionParams },
  responses: { 200: json(specDetailSchema, 'The version.'), ...readProblems('not-found') },
});

const diff = createRoute({
  method: 'get',
  path: `${path}/{version}/diff`,
  operationId: 'diffPersonaSpecs',
  summary: 'What makes one version of another',
  description:
    'What was learned on the way from the one to the other carries its evidence: counts, raters, the statistic, and a hash of the events.',
  tags,
  ...access(ROLES.read),
  request: {
    params: versionParams,
    query: z.object({ to: versionSchema.optional().openapi({ description: 'Default: the live version.' }) }),
  },
  responses: { 200: json(diffSchema, 'Operations from {version} to `to`.'), ...readProblems('not-found') },
});

const found = (row: SpecRow | undefined, name: string): SpecRow => {
  if (row === undefined) throw notFound(name);
  return row;
};

export function personaSpecRoutes({ db, control }: ApiDeps) {
  const router = createRouter();
  router.get('/twins/:id/persona-specs/active', etag());
  return router
    .openapi(list, async (c) => {
      const twin = await twinOf(db, c.get('caller'), c.req.valid('param').id);
      const { items, next_cursor } = await listSpecs(db.db, twin.id, c.req.valid('query'));
      return c.json({ items: items.map(specItemView), next_cursor }, 200);
    })
    .openapi(create, async (c) => {
      const caller = c.get('caller');
      const ref = refOf(caller, c.req.valid('param').id);
      const created = await createSpec(db, ref, actorOf(caller), c.req.valid('json'));
      if (created === undefined) throw noTwin(ref.id);
      if (created.status === 'active') void control.poke(ref, 'stateChanged');
      return c.json(specDetailView(created), 201, { location: `/twins/${ref.id}/persona-specs/${created.version}` });
    })
    .openapi(active, async (c) => {
      const twin = await twinOf(db, c.get('caller'), c.req.valid('param').id);
      const spec = found(await readActiveSpec(db.db, twin.id), `live persona of twin ${twin.id} yet`);
      return c.json(specDetailView(spec), 200, { 'cache-control': 'private, no-cache' });
    })
    .openapi(read, async (c) => {
      const { id, version } = c.req.valid('param');
      const twin = await twinOf(db, c.get('caller'), id);
      return c.json(specDetailView(found(await readSpecRow(db.db, twin.id, version), `version ${version}`)), 200);
    })
    .openapi(diff, async (c) => {
      const { id, version } = c.req.valid('param');
      const twin = await twinOf(db, c.get('caller'), id);
      const { to } = c.req.valid('query');
      const from = found(await readSpecRow(db.db, twin.id, version), `version ${version}`);
      const target =
        to === undefined
          ? found(await readActiveSpec(db.db, twin.id), 'live version')
          : found(await readSpecRow(db.db, twin.id, to), `version ${to}`);
      const manifests = await readManifestsBetween(db.db, twin.id, version, target.version);
      const operations = withEvidence(diffSpecs(from.spec, target.spec), manifests);
      const summary = summarizeManifest(operations);
      return c.json({ from: version, to: target.version, operations, summary }, 200);
    });
}
