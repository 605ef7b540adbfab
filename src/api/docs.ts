import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRoute, z } from '@hono/zod-openapi';
import { PROBLEMS, type Slug } from './http/problem-catalogue.ts';
import { notFound } from './http/problems.ts';
import { limitStrangers } from './http/request-limits.ts';
import { json, problems } from './http/responses.ts';
import { createRouter } from './http/router.ts';

const SWAGGER_UI = fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json')));

/** Everything the page needs comes from this server: it works without any other. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Twinloop API</title>
    <link rel="icon" href="docs/assets/favicon-32x32.png" />
    <link rel="stylesheet" href="docs/assets/swagger-ui.css" />
  </head>
  <body>
    <div id="docs"></div>
    <script src="docs/assets/swagger-ui-bundle.js"></script>
    <script src="docs/assets/start.js"></script>
  </body>
</html>
`;
const START = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;
/** Swagger UI styles its elements itself and draws its icons as data; it calls nobody but this server. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const problemParams = z.object({ slug: z.string() });
const explanationSchema = z
  .object({ type: z.string(), title: z.string(), status: z.int(), explanation: z.string() })
  .openapi('ProblemExplanation');

const explain = createRoute({
  method: 'get',
  path: '/problems/{slug}',
  operationId: 'explainProblem',
  summary: "What a problem's `type` means, and what to do about it",
  tags: ['System'],
  request: { params: problemParams },
  responses: {
    200: json(explanationSchema, 'The explanation.'),
    ...problems('not-found', 'rate-limited', 'internal-error'),
  },
});

const isSlug = (slug: string): slug is Slug => Object.hasOwn(PROBLEMS, slug);

/** The page of the API, its assets, the document itself and the explanations of its problems. */
export function docsRoutes(document: () => unknown) {
  const router = createRouter();
  for (const path of ['/docs/*', '/openapi.json', '/problems/*']) router.use(path, limitStrangers);
  router.openapi(explain, (c) => {
    const { slug } = c.req.valid('param');
    if (!isSlug(slug)) throw notFound(`problem ${slug}`);
    return c.json({ type: `/problems/${slug}`, ...PROBLEMS[slug] }, 200);
  });
  router.get('/docs', (c) => c.html(PAGE, 200, { 'content-security-policy': POLICY }));
  router.get('/docs/assets/start.js', (c) => c.body(START, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  router.get('/docs/assets/:file', async (c) => {
    const file = c.req.param('file');
    const type = Object.hasOwn(ASSETS, file) ? ASSETS[file] : undefined;
    if (type === undefined) throw notFound(`file ${file}`);
    const content = await readFile(join(SWAGGER_UI, file));
    return c.body(new Uint8Array(content), 200, { 'content-type': type, 'cache-control': 'public, max-age=86400' });
  });
  router.get('/openapi.json', (c) => c.json(document() as Record<string, unknown>, 200));
  return router;
}
