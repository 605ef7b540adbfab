import type { ApiClient, FeedbackResult } from '../api-client.ts';
import type { CliIo } from '../support/io.ts';
import type { Progress } from '../support/progress.ts';
import type { Audience } from './audience.ts';

export interface Tally {
  readonly up: number;
  readonly down: number;
  /** What the API said to the last vote. */
  readonly learning: FeedbackResult['learning'] | null;
}

export interface Chats {
  readonly twinId: string;
  readonly count: number;
  /** Begins the line that is shown. */
  readonly title: string;
}

export const shareUp = ({ up, down }: Tally): string => `${Math.round((100 * up) / Math.max(1, up + down))} %`;

/** Questions of the audience: each gets the prompt of the live persona, and a vote on what was made of it. */
export async function chat(
  io: CliIo,
  api: ApiClient,
  audience: Audience,
  view: Progress,
  chats: Chats,
): Promise<Tally> {
  const { twinId, count, title } = chats;
  let tally: Tally = { up: 0, down: 0, learning: null };
  for (let index = 0; index < count; index++) {
    const { intent_label, query } = audience.ask();
    const prompt = await api.prompt(twinId, { intent_label, query, channel: 'owner' });
    const opinion = audience.rate(prompt.module_ids);
    const { score } = opinion;
    const { learning } = await api.vote(prompt.trace_id, { ...opinion });
    const up = tally.up + Number(score === 1);
    const down = tally.down + Number(score === -1);
    tally = { up, down, learning };
    const waiting =
      learning.pending_events === undefined
        ? ''
        : `; ${learning.pending_events} of ${learning.required_events} votes for a run`;
    const thumb = score === 1 ? io.colors.green('up  ') : io.colors.red('down');
    view.show(
      title,
      `${title} ${index + 1} of ${count}: ${up} up, ${down} down (${shareUp(tally)} up)${waiting}   ${thumb} ${query}`,
    );
  }
  return tally;
}
