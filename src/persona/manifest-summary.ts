import { canonicalJson, sameJson } from './hash.ts';
import { evidenceText, figure } from './evidence-text.ts';
import type { Operation } from './operation.ts';
import { parsePointer } from './pointer.ts';
import { labelOf } from './text.ts';

/** Room for any step that learning adds. */
const MAX_SHOWN = 110;
const clip = (text: string) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}\u2026` : text);

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? '1 item' : `${value.length} items`;
  if (typeof value === 'string') return JSON.stringify(clip(value));
  return clip(JSON.stringify(value) ?? 'nothing');
}

function change(field: string, { from, to }: Operation): string {
  if (field === 'confidence' && typeof from === 'number' && typeof to === 'number') {
    // More digits where two would hide the change.
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

/** What a whole new entry says, where it has something to say. */
function added(list: string, to: unknown): string {
  if (typeof to !== 'object' || to === null || Array.isArray(to)) return '';
  const { do: steps, min_words, max_words } = to as Readonly<Record<string, unknown>>;
  if (list.startsWith('/procedural_modules/') && Array.isArray(steps) && steps.length > 0) {
    const more = steps.length === 1 ? '' : ` and ${steps.length - 1} more`;
    return `, do ${shown(steps[0])}${more}`;
  }
  if (typeof max_words !== 'number') return '';
  return `, ${typeof min_words === 'number' ? `${min_words} to ` : 'at most '}${max_words} words`;
}

/** One operation as a plain sentence, with the figures of its evidence where it has any. */
export function summarizeOperation(operation: Operation): string {
  const { op, path, from, to } = operation;
  const { subject, fields } = subjectOf(path);
  const field = fields.at(-1) ?? '';
  const why = evidenceText(operation);
  const evidence = why === '' ? '' : ` (${why})`;
  const value = op === 'add' ? to : from;
  // An item of a list of texts is named by itself: its text is the value, the list is what stands before it.
  const place = (value === field ? fields.slice(0, -1) : fields).map((token) => token.replaceAll('_', ' ')).join(' ');
  const lead = `${subject}:${place === '' ? '' : ` ${place}`}`;
  if (op === 'set') return `${lead} ${change(field, operation)}${evidence}`;
  const verb = op === 'add' ? 'added' : 'removed';
  const whole = op === 'add' ? added(path, to) : '';
  return fields.length === 0 ? `${subject}: ${verb}${whole}${evidence}` : `${lead} ${shown(value)} ${verb}${evidence}`;
}

/** One sentence for each operation, in the manifest's order. */
export function summarizeManifest(manifest: readonly Operation[]): string[] {
  return manifest.map(summarizeOperation);
}
