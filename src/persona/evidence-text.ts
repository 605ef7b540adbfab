import type { Evidence, Operation } from './operation.ts';
import { parsePointer } from './pointer.ts';

/** A probability as statisticians print it: .76. */
export const figure = (value: number, digits: number) => value.toFixed(digits).replace(/^(-?)0\./, '$1.');

const counted = (n: number, thing: string) => `${Math.round(n)} ${thing}${Math.round(n) === 1 ? '' : 's'}`;

/** Two decimals of what is nearly certain would claim that it is certain. */
const MOST = 0.995;
const LEAST = 1 - MOST;

function probability(value: number): string {
  if (value >= MOST) return 'above .99';
  return value <= LEAST ? 'below .01' : figure(value, 2);
}

function percent(value: number): string {
  if (value >= MOST) return 'over 99 %';
  return value <= LEAST ? 'under 1 %' : `${Math.round(100 * value)} %`;
}

/** What a learned rule flags, or what people complain of, where its evidence says so. */
function ruleFigures({ events, complaint, flagged_disliked, disliked, flagged_liked, liked }: Evidence): string | null {
  if (typeof complaint === 'string' && events !== undefined && disliked !== undefined) {
    return `${events} of ${disliked} thumbs down say "${complaint.replaceAll('_', ' ')}"`;
  }
  if (flagged_disliked === undefined || flagged_liked === undefined) return null;
  return `flags ${flagged_disliked} of ${disliked} disliked and ${flagged_liked} of ${liked} liked answers`;
}

/** What the statistic says of the change, in words. */
function statisticText({ path, to }: Operation, { statistic, value, low, high }: Evidence): string | null {
  if (statistic === undefined || value === undefined) return null;
  const isStatus = parsePointer(path).at(-1) === 'status';
  if (statistic === 'p_harm' && isStatus) {
    const says =
      to === 'archived'
        ? `${percent(value)} likely that it makes answers worse`
        : `${percent(1 - value)} likely that it does no harm`;
    return `${says}, p_harm ${probability(value)}`;
  }
  if (statistic === 'confidence') {
    const band = low === undefined || high === undefined ? '' : `, 80 % band ${figure(low, 2)} to ${figure(high, 2)}`;
    return `votes estimate ${figure(value, 2)}${band}`;
  }
  return `${statistic.replaceAll('_', ' ')} ${figure(value, 2)}`;
}

/**
 * The evidence behind an operation as a part of a sentence, such as `flags 12 of 14 disliked and 1 of 80 liked answers,
 * 9 raters`; empty where there is none. Every place that tells an owner why a change is proposed says it with this.
 */
export function evidenceText(operation: Operation): string {
  const { evidence } = operation;
  if (evidence === undefined) return '';
  const { events, raters, model } = evidence;
  const rule = ruleFigures(evidence);
  const counts = [
    ...(rule !== null ? [rule] : events === undefined ? [] : [counted(events, 'vote')]),
    ...(raters === undefined ? [] : [counted(raters, 'rater')]),
  ].join(', ');
  const statistic = rule === null ? statisticText(operation, evidence) : null;
  const source = model === undefined ? '' : `suggested by ${model}`;
  return [counts, statistic ?? '', source].filter((text) => text !== '').join('; ');
}
