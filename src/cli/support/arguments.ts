import { InvalidArgumentError } from 'commander';
import { MAX_OVERLAP_MINUTES } from '../../db/key-writes.ts';

/** For an option that takes a whole number from `least` to `most`. */
export function wholeNumber(least: number, most = 1_000_000) {
  return (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) {
      throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

/** For an option that takes an instant or a day; milliseconds since the epoch. A day begins at midnight UTC. */
export function instant(value: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(value)
    ? Date.parse(value)
    : NaN;
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError('It has to be an ISO 8601 time such as 2026-01-31 or 2026-01-31T12:00:00Z.');
  }
  return time;
}

/** For an option that takes a time of up to 90 days, such as 90m, 24h or 7d; in minutes. */
export function minutes(value: string): number {
  const [, number, unit] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
  const time = Number(number) * { m: 1, h: 60, d: 24 * 60 }[(unit ?? 'm') as 'm' | 'h' | 'd'];
  if (unit === undefined || time > MAX_OVERLAP_MINUTES) {
    throw new InvalidArgumentError('It has to be a time such as 90m, 24h or 7d, of 90 days at most.');
  }
  return time;
}

/** For an option whose text has a form; `form` says which. */
export function matching(pattern: RegExp, form: string) {
  return (value: string): string => {
    if (!pattern.test(value)) throw new InvalidArgumentError(`It has to be ${form}.`);
    return value;
  };
}

/** For an option that names a tenant. */
export const tenantId = matching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$/, '1 to 120 letters, digits and . _ : -');
