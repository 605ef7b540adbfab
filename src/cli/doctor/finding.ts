import { messageOf } from '../support/failure.ts';

/** What the doctor says of one thing. `command` mends what is missing, or what a warning is about: the system runs with it. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'fixed' | 'warning' | 'missing' | 'skipped';
  readonly detail: string;
  readonly command: string | null;
}

type Body = Omit<Finding, 'check'>;

export const ok = (detail: string): Body => ({ status: 'ok', detail, command: null });
export const fixed = (detail: string): Body => ({ status: 'fixed', detail, command: null });
export const warning = (detail: string, command: string): Body => ({ status: 'warning', detail, command });
export const missing = (detail: string, command: string): Body => ({ status: 'missing', detail, command });
export const skipped = (detail: string): Body => ({ status: 'skipped', detail, command: null });

/** A command of ours as it can be pasted. */
export const twinloop = (rest: string): string => `npx twinloop ${rest}`;

/** Longer than a healthy answer takes, short enough to wait for. */
const DEADLINE_MS = 15_000;

/** Makes a finding of a check that may fail or hang; `otherwise` is the command for when it does. */
export async function examine(check: string, otherwise: string, work: () => Promise<Body>): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Body>((resolve) => {
    timer = setTimeout(() => resolve(missing(`no answer within ${DEADLINE_MS / 1_000} s`, otherwise)), DEADLINE_MS);
  });
  try {
    return { check, ...(await Promise.race([work(), late])) };
  } catch (error) {
    return { check, ...missing(messageOf(error), otherwise) };
  } finally {
    clearTimeout(timer);
  }
}

export const isGood = ({ status }: Finding): boolean => status !== 'missing' && status !== 'skipped';
