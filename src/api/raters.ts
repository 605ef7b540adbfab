import { createRoute, z } from '@hono/zod-openapi';
import { removeRater } from '../commands/remove-rater.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { json, readProblems } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { textErrors } from './http/text.ts';
import { noTwin, refOf } from './http/twin-of.ts';
import { actorOf, nameSchema, twinParams } from './schemas/common.ts';
import { operationView } from './schemas/persona.ts';

const raterParams = twinParams.extend({
  rater_id: nameSchema.refine((name) => textErrors(name).length === 0, 'holds a character that cannot be stored'),
});
const removalQuery = z.object({
  dry_run: z
    .enum(['true', 'false'])
    .default('false')
    .openapi({ description: 'true changes nothing and adds what would.' }),
});

const removalSchema = z
  .object({
    dry_run: z.boolean(),
    retracted: z.int().openapi({ description: 'Votes of the rater that stood, and were or would be taken back.' }),
    pending_events: z.int().openapi({ description: "The twin's, afterwards." }),
    no_longer_proposed: z
      .array(z.object({ version: z.string(), operation: operationView, summary: z.string() }))
      .optional()
      .openapi({
        description:
          'Of a dry run: learned operations of the live spec, each with the version that brought it, which the votes speak for now and would not without the rater. None is undone by the removal; later runs follow the votes that are left.',
      }),
  })
  .openapi('RaterRemoval');

const remove = createRoute({
  method: 'delete',
  path: '/twins/{id}/raters/{rater_id}/feedback',
  operationId: 'removeRater',
  summary: 'Take back all votes of a rater',
  description:
    'The next run learns as if they had never been cast. What was published stays until a run or a rollback changes it. Again is fine: nothing is left to take back.',
  tags: ['Feedback'],
  ...access(ROLES.command),
  request: { params: raterParams, query: removalQuery },
  responses: { 200: json(removalSchema, 'What was, or would be, taken back.'), ...readProblems('not-found') },
});

export function raterRoutes({ db, control, learner }: ApiDeps) {
  return createRouter().openapi(remove, async (c) => {
    const caller = c.get('caller');
    const { id, rater_id } = c.req.valid('param');
    const twin = refOf(caller, id);
    if (c.req.valid('query').dry_run === 'true') {
      const preview = await learner.ask('previewRaterRemoval', { twin, rater_id });
      if (preview === undefined) throw noTwin(id);
      return c.json({ dry_run: true, ...preview, no_longer_proposed: [...preview.no_longer_proposed] }, 200);
    }
    const removal = await removeRater(db, twin, rater_id, actorOf(caller));
    if (removal === undefined) throw noTwin(id);
    if (removal.retracted > 0) void control.poke(twin, 'stateChanged');
    return c.json({ dry_run: false, ...removal }, 200);
  });
}
