import { ApplicationFailure } from '@temporalio/common';

/** A state that our own transactions rule out: another attempt meets it too. `message` holds ids, never feedback text. */
export function bug(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'Bug', nonRetryable: true, message });
}
