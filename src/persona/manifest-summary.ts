import { canonicalJson, sameJson } from './hash.ts';
import type { Evidence, Operation } from './operation.ts';
import { parsePointer } from './pointer.ts';
import { labelOf } from './text.ts';

const clip = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}\u2026` : text);
/** A probability as statisticians print it: .76; more digits where two would hide the change. */
const figure = (value: number, digits: number) => value.toFixed(digits).replace(/^(-?)0\./, '$1.');

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? '1 item' : `${value.length} items`;
  return clip(JSON.stringify(value) ?? 'nothing');
}

function change(field: string, { from, to }: Operation): string {
  if (field === 'confidence' && typeof from === 'number' && typeof to === 'number') {
    const digits = figure(from, 2) === figure(to, 2) ? 4 : 2;
    return `${figure(from, digits)} -> ${figure(to, digits)}`;
  }
  if (Array.isArray(from) && Array.isArray(to)) {
    const sorted = (items: readonly unknown[]) => items.map((item) => canonicalJson(item)).toSorted();
    return sameJson(sorted(from), sorted(to)) ? `${shown(to)} reordered` : `${shown(from)} -> ${shown(to)}`;
  }
  const word = (value: unknown) => (field === 'status' ? String(value) : shown(value));
  return `${word(from)} -> ${word(to)}`;
}

/** Who is changed, and which of its fields. */
function subjectOf(path: string): { subject: string; fields: string[] } {
  const [list = '', ...rest] = parsePointer(path);
  const [name = '', ...fields] = rest;
  if (list === 'procedural_modules' && rest.length > 0) return { subject: `Module ${name}`, fields };
  if (list === 'canonical_examples' && rest.length > 0) return { subject: `Example ${name}`, fields };
  if (list === 'anti_examples' && rest.length > 0) return { subject: `Anti-example ${name}`, fields };
  if (list !== 'deterministic_rules' || rest.length === 0) return { subject: labelOf(list), fields: rest };
  const [intent, ...inner] = fields;
  if (name === 'length_bands' && intent !== undefined) return { subject: `Length band of ${intent}`, fields: inner };
  if (name === 'format_by_intent' && intent !== undefined) return { subject: `Format of ${intent}`, fields: inner };
  return { subject: labelOf(name), fields };
}

const counted = (n: number, thing: string) => `${Math.round(n)} ${thing}${Math.round(n) === 1 ? '' : 's'}`;

/** What a learned rule flags, or what people complain of, where its evidence says so. */
function ruleFigures(evidence: Evidence): string | null {
  const { events, complaint, flagged_disliked, disliked, flagged_liked, liked } = evidence;
  if (typeof complaint === 'string' && events !== undefined && disliked !== undefined) {
    return `${events} of ${disliked} thumbs down say "${complaint.replaceAll('_', ' ')}"`;
  }
  if (flagged_disliked === undefined || flagged_liked === undefined) return null;
  return `flags ${flagged_disliked} of ${disliked} disliked and ${flagged_liked} of ${liked} liked answers`;
}

function evidenceText({ evidence }: Operation): string {
  const { events, raters, statistic, value, model } = evidence ?? {};
  const rule = evidence === undefined ? null : ruleFigures(evidence);
  const votes = events === undefined ? [] : [counted(events, 'vote')];
  const figures = [
    ...(rule === null ? votes : [rule]),
    ...(raters === undefined ? [] : [counted(raters, 'rater')]),
    ...(model === undefined ? [] : [`suggested by ${model}`]),
    ...(rule !== null || statistic === undefined || value === undefined ? [] : [`${statistic} ${figure(value, 2)}`]),
  ];
  return figures.length === 0 ? '' : ` (${figures.join(', ')})`;
}

/** One operation as a plain sentence, with the figures of its evidence where it has any. */
export function summarizeOperation(operation: Operation): string {
  const { op, path, from, to } = operation;
  const { subject, fields } = subjectOf(path);
  const field = fields.at(-1) ?? '';
  const evidence = evidenceText(operation);
  const value = op === 'add' ? to : from;
  // An item of a list of texts is named by itself: its text is the value, the list is what stands before it.
  const place = (value === field ? fields.slice(0, -1) : fields).map((token) => token.replaceAll('_', ' ')).join(' ');
  const lead = `${subject}:${place === '' ? '' : ` ${place}`}`;
  if (op === 'set') return `${lead} ${change(field, operation)}${evidence}`;
  const verb = op === 'add' ? 'added' : 'removed';
  return fields.length === 0 ? `${subject}: ${verb}${evidence}` : `${lead} ${shown(value)} ${verb}${evidence}`;
}

/** One sentence for each operation, in the manifest's order. */
export function summarizeManifest(manifest: readonly Operation[]): string[] {
  return manifest.map(summarizeOperation);
}
