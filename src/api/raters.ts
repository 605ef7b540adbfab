import { createRoute, z } from '@hono/zod-openapi';
import { eraseRater, previewErasure } from '../commands/erase-rater.ts';
import { removeRater } from '../commands/remove-rater.ts';
import type { ApiDeps } from './deps.ts';
import { access, ROLES } from './http/auth.ts';
import { json, readProblems } from './http/responses.ts';
import { createRouter } from './http/router.ts';
import { noTwin, refOf } from './http/twin-of.ts';
import { actorOf, raterParams, twinParams } from './schemas/common.ts';
import { operationView } from './schemas/persona.ts';

const inTwinParams = twinParams.extend(raterParams.shape);
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
  request: { params: inTwinParams, query: removalQuery },
  responses: { 200: json(removalSchema, 'What was, or would be, taken back.'), ...readProblems('not-found') },
});

const count = (description: string) => z.int().openapi({ description });
const LEARNED =
  'The next run learns as if the votes had never been cast. What was published stays until a run or a rollback changes it.';

const erasureSchema = z
  .object({
    dry_run: z.boolean(),
    pseudonym: z.string().optional().openapi({ description: 'Random, of this erasure only; not of a dry run.' }),
    twins: count('Twins in which the rater had rows, deleted ones that are not purged yet among them.'),
    retracted: count('Votes that stood and were, or would be, taken back.'),
    erased: z.object({
      votes: count('Ledger rows: their ids are replaced, and who cast them by the pseudonym.'),
      texts: count('Of them, rows whose comment, question or answer is erased.'),
      traces: count('Recorded prompts of the same traces whose question is erased.'),
      copies: count("Other people's votes on the same answers whose copy of the question is erased."),
      llm_answers: count('Kept answers of a language model about these twins, deleted.'),
      reports: count('Gate reports whose ids of the votes are replaced.'),
      audit: count('Audit rows whose hash of the rater is replaced by the pseudonym.'),
    }),
    cases_to_review: z.array(z.object({ twin_id: z.string(), case_id: z.string() })).openapi({
      description:
        'Regression cases that repeat a question or an answer of the votes word for word. They are yours: delete those that came from the rater.',
    }),
    remaining: z.literal(0).optional().openapi({
      description: 'Rows that name the rater and were there, counted anew afterwards. Not of a dry run.',
    }),
    new_votes: count(
      "The rater's votes that came in after their twin's turn: erase again, once no more are sent.",
    ).optional(),
    message: z.string(),
  })
  .openapi('RaterErasure');

const erase = createRoute({
  method: 'delete',
  path: '/raters/{rater_id}',
  operationId: 'eraseRater',
  summary: 'Erase a rater, in all twins',
  description: `Takes back all votes of the rater, erases what they hold, and puts a random pseudonym in the rater's place; answers with a receipt when a query finds nothing left, which is kept as the audit row \`rater.erased\`. ${LEARNED} Again is fine: after a failure on the way it does the rest, and of a rater that is not known it says that nothing is stored. An event_id of an erased vote is free again: a vote that is sent once more is a new one.`,
  tags: ['Privacy'],
  ...access(ROLES.command),
  request: { params: raterParams, query: removalQuery },
  responses: { 200: json(erasureSchema, 'The receipt.'), ...readProblems('not-found') },
});

export function raterRoutes({ db, control, learner }: ApiDeps) {
  return createRouter()
    .openapi(erase, async (c) => {
      const { rater_id } = c.req.valid('param');
      const caller = c.get('caller');
      const { tenant_id } = caller;
      if (c.req.valid('query').dry_run === 'true') {
        const preview = await previewErasure(db, tenant_id, rater_id);
        return c.json(
          { dry_run: true, ...preview, cases_to_review: [...preview.cases_to_review], message: LEARNED },
          200,
        );
      }
      const actor = actorOf(caller);
      const erasedIn = (id: string) => void control.poke({ id, tenant_id }, 'stateChanged');
      const receipt = await eraseRater(db, { tenant_id, rater_id, actor, erasedIn });
      const cases_to_review = [...receipt.cases_to_review];
      return c.json({ dry_run: false, ...receipt, cases_to_review, remaining: 0 as const, message: LEARNED }, 200);
    })
    .openapi(remove, async (c) => {
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
