import { starterPersona } from '../../persona/default-persona.ts';
import { toIntent } from '../../persona/intents.ts';
import { personaSpecSchema, type PersonaSpec } from '../../persona/spec.ts';
import { parseImport, type ImportRow } from '../import/rows.ts';
import { readText, usableRows } from '../support/files.ts';
import type { CliIo } from '../support/io.ts';
import type { Audience } from './audience.ts';

/** What was rated before the demo begins, and the persona that it is about. */
export interface History {
  readonly spec: PersonaSpec;
  readonly rows: readonly ImportRow[];
}

const SIMULATED_ANSWERS = 400;
const DAY_MS = 86_400_000;

/** Modules of a file that are taken into the persona, the most used first. */
const MAX_MODULES = 40;
const MODULE_ID = /^[A-Za-z0-9._:-]{1,120}$/;

/** Answers of the past that the simulated audience has rated. */
export function simulateHistory(audience: Audience, twin_id: string, now: number): History {
  const rows = Array.from({ length: SIMULATED_ANSWERS }, (_, index): ImportRow => {
    const { age, ...past } = audience.recall(starterPersona);
    const name = `past-${index + 1}`;
    return {
      line: index + 1,
      shortened: false,
      item: {
        ...past,
        trace_id: name,
        event_id: name,
        twin_id,
        interaction_context: 'owner_training',
        source: 'manual_import',
        occurred_at: new Date(now - age * DAY_MS).toISOString(),
      },
    };
  });
  return { spec: starterPersona, rows };
}

/** The starter persona, and beside its modules one for each that the file's answers were made with. */
function personaFor(rows: readonly ImportRow[]): PersonaSpec {
  const intents = new Map<string, string[]>();
  for (const { item } of rows) {
    for (const id of (item['module_ids'] as readonly string[] | null) ?? []) {
      intents.set(id, [...(intents.get(id) ?? []), toIntent(item['intent_label'] as string | null)]);
    }
  }
  const known = new Set(starterPersona.procedural_modules.map(({ id }) => id));
  const added = [...intents]
    .filter(([id]) => MODULE_ID.test(id) && !known.has(id))
    .toSorted(([a, n], [b, m]) => m.length - n.length || (a < b ? -1 : 1))
    .slice(0, MAX_MODULES)
    .map(([id, seen]) => ({
      id,
      intent_labels: [...new Set(seen)].sort(),
      do: [`Answer the way that "${id}" stands for.`],
    }));
  return personaSpecSchema.parse({
    ...starterPersona,
    procedural_modules: [...starterPersona.procedural_modules, ...added],
  });
}

/** The rated answers of a file. Throws InputFailure. */
export async function readHistory(io: CliIo, path: string, twinId: string): Promise<History> {
  const rows = usableRows(io, path, parseImport(await readText(path), twinId));
  return { spec: personaFor(rows), rows };
}
