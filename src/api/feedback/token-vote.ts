import type { FeedbackClaims } from '../http/feedback-tokens.ts';
import { ApiProblem, validationProblem } from '../http/problems.ts';
import type { Vote } from '../schemas/feedback.ts';

/** What the server of the page knows better than the page. */
const NOT_OF_A_PAGE = ['interaction_context', 'occurred_at', 'spec_version', 'module_ids', 'source'] as const;

/** The vote that a token allows, made of what a page sent. Throws `forbidden` for another one, `validation` for extras. */
export function tokenVote(claims: FeedbackClaims, trace_id: string, vote: Vote): Vote {
  if (trace_id !== claims.trace_id) throw new ApiProblem('forbidden', 'This feedback token is for another trace.');
  const extras = NOT_OF_A_PAGE.filter((name) => (vote[name] ?? null) !== null);
  if (extras.length > 0) {
    const detail = 'cannot be sent with a feedback token: leave it out';
    throw validationProblem(extras.map((name) => ({ pointer: `/${name}`, detail })));
  }
  const bound = {
    twin_id: claims.twin_id,
    // A token without a rater is for the anonymous vote: a page must not vote in the name of others.
    rater_id: claims.rater_id ?? null,
    event_id: claims.jti,
    ...(claims.message_id === undefined ? {} : { message_id: claims.message_id }),
  };
  for (const [name, value] of Object.entries(bound)) {
    const claimed = vote[name as keyof typeof bound] ?? null;
    if (claimed !== null && claimed !== value) {
      throw new ApiProblem('forbidden', `This feedback token is for another ${name}: leave the field out.`);
    }
  }
  return { ...vote, ...bound };
}
