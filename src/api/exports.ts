import { createRoute, z } from '@hono/zod-openapi';
import { raterHash } from '../commands/remove-rater.ts';
import { exportRater, exportTwin, RATER_PARTS, TWIN_PARTS, type WritePage } from '../db/export-rows.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { describeError } from './http/describe-error.ts';
import { createStreams } from './http/ndjson.ts';
import { readProblems } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { twinOf } from './http/twin-of.ts';
import { raterParams, twinIdSchema, twinParams } from './schemas/common.ts';

/** Of the lines; another number says that readers of this one would misunderstand it. */
const FORMAT = 'twinloop-export/1';

const LINES = `JSON lines (application/x-ndjson). The first is \`{ "type": "export", "format": "${FORMAT}", ... }\`; each further one is a row as it is stored, with its \`type\`; the last is \`{ "type": "end", "counts": { ... } }\` with the lines by type. Without it, or with other counts, the export is not whole: ask again. All of it is of one instant. It ends without the closing line when it is not read for 20 s, or takes 10 minutes.`;

/** As a plain string: by its name the router's types would take it for one JSON value. */
const NDJSON: string = 'application/x-ndjson';
const lines = (description: string) => ({
  content: { [NDJSON]: { schema: z.string() } },
  description,
});

const ofTwin = createRoute({
  method: 'get',
  path: '/twins/{id}/export',
  operationId: 'exportTwin',
  summary: 'Hand out all that is stored of a twin',
  description: `${LINES} Types: ${TWIN_PARTS.join(', ')}.`,
  tags: ['Privacy'],
  ...access(ROLES.command),
  request: { params: twinParams },
  responses: { 200: lines('The rows.'), ...readProblems('not-found', 'rate-limited') },
});

const ofRater = createRoute({
  method: 'get',
  path: '/raters/{rater_id}/export',
  operationId: 'exportRater',
  summary: 'Hand out all that is stored of a rater, in all twins',
  description: `${LINES} Types: ${RATER_PARTS.join(', ')}. Of a rater that is not known it has no rows.`,
  tags: ['Privacy'],
  ...access(ROLES.command),
  request: {
    params: raterParams,
    query: z.object({ twin_id: twinIdSchema.optional().openapi({ description: 'Of this twin only.' }) }),
  },
  responses: { 200: lines('The rows.'), ...readProblems('not-found', 'rate-limited') },
});

type Line = Readonly<Record<string, unknown>> & { readonly type: string };
const lineOf = (line: Line): string => `${JSON.stringify(line)}\n`;

/** Writes the first line, a line for each row, and the counts by which a reader knows that it has them all. */
async function writeExport(
  subject: Readonly<Record<string, string>>,
  parts: readonly string[],
  read: (write: WritePage) => Promise<void>,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const counts: Record<string, number> = Object.fromEntries(parts.map((part) => [part, 0]));
  const exported_at = new Date().toISOString();
  await write(lineOf({ type: 'export', format: FORMAT, ...subject, exported_at }));
  await read(async (type, rows) => {
    counts[type] = (counts[type] ?? 0) + rows.length;
    // Postgres has made an object of each row: only its type is put in front.
    await write(rows.map((row) => `{"type":"${type}",${row.slice(1)}\n`).join(''));
  });
  await write(lineOf({ type: 'end', counts }));
}

export function exportRoutes({ db, log }: ApiDeps) {
  const stream = createStreams((error) => log('warning', 'export broken off', describeError(error)));
  return createRouter()
    .openapi(ofTwin, async (c) => {
      const twin = await twinOf(db, c.get('caller'), c.req.valid('param').id);
      const read = (write: WritePage) => exportTwin(db.db, twin, write);
      return stream('twin.ndjson', (write) => writeExport({ twin_id: twin.id }, TWIN_PARTS, read, write));
    })
    .openapi(ofRater, async (c) => {
      const caller = c.get('caller');
      const { rater_id } = c.req.valid('param');
      const { twin_id } = c.req.valid('query');
      if (twin_id !== undefined) await twinOf(db, caller, twin_id);
      const within = twin_id === undefined ? {} : { twin_id };
      const rater = { tenant_id: caller.tenant_id, rater_id, hash: raterHash(rater_id), ...within };
      const read = (write: WritePage) => exportRater(db.db, rater, write);
      return stream('rater.ndjson', (write) => writeExport({ rater_id, ...within }, RATER_PARTS, read, write));
    });
}
