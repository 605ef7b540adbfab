import { PROBLEMS } from './http/problem-catalogue.ts';
import type { Router } from './http/router.ts';
import { batchItemSchema } from './schemas/feedback.ts';

const TAGS = [
  { name: 'Twins', description: 'Chat personas that learn, each with a workflow of its own.' },
  { name: 'Prompts', description: 'The system prompt of the live persona, recorded under a trace.' },
  { name: 'Feedback', description: 'Votes on answers.' },
  { name: 'Learning', description: 'When a twin learns, and why not now.' },
  { name: 'Runs', description: 'Learning runs and sweeps.' },
  { name: 'Persona specs', description: 'Versions of a persona: what is live, what waits, what was.' },
  { name: 'Regression cases', description: 'What the gate holds a candidate against.' },
  { name: 'Jobs', description: 'What the workflows do, step by step.' },
  { name: 'Privacy', description: 'What is stored of a twin or a rater: handing it out, erasing it, and the proof.' },
  { name: 'Keys', description: 'Who may call the API: making, replacing and ending keys.' },
  { name: 'System', description: 'For operators and for this page.' },
];

function problemTable(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([slug, { status, title, explanation }]) => `| \`/problems/${slug}\` | ${status} | ${title}. ${explanation} |`,
  );
  return ['| type | status | what it means |', '|---|---|---|', ...rows].join('\n');
}

const DESCRIPTION = `Feedback in, a better persona out: votes are stored, a durable workflow decides when to learn,
a regression gate compares the candidate with what is live.

- Send your API key as \`authorization: Bearer <key>\`. Roles: \`owner\` may do everything, \`ingest\` feedback and
  prompts, \`viewer\` reads. Ids of other tenants answer 404.
- Lists answer \`{ items, next_cursor }\`, newest first; send \`next_cursor\` back as \`cursor\`.
- Every answer has the header \`x-request-id\`; send your own to find it in the logs.
- Errors are problem+json (RFC 9457):

${problemTable()}
`;

/** The OpenAPI document of an app's routes: what \`/openapi.json\` answers and what the repository holds. */
export function openApiDocument(app: Router) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearerAuth', { type: 'http', scheme: 'bearer' });
  app.openAPIRegistry.registerComponent('securitySchemes', 'feedbackToken', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'For one vote from a page, of POST /twins/{id}/feedback-tokens.',
  });
  app.openAPIRegistry.register('BatchVote', batchItemSchema);
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Twinloop',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: TAGS,
  });
}
