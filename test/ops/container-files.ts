import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { readRepositoryFile } from '../docs/markdown.ts';

interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile without line continuations, here-documents and parser directives. */
export function readDockerfile(): Stage[] {
  const stages: { image: string; instructions: Instruction[] }[] = [];
  for (const line of readRepositoryFile('Dockerfile').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', text = ''] = /^([A-Z]+) (.+[^\\])$/.exec(line) ?? assert.fail(`not understood: ${line}`);
    if (name === 'FROM') stages.push({ image: text.split(' ')[0] ?? '', instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
}

/** The texts of one instruction. */
export const textsOf = (stages: readonly Stage[], name: string): string[] =>
  stages.flatMap(({ instructions }) => instructions.flatMap((one) => (one.name === name ? [one.text] : [])));

interface HealthCheck {
  readonly test?: readonly string[];
  readonly disable?: boolean;
}

export interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: HealthCheck;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

export const readCompose = (): Compose => parse(readRepositoryFile('compose.yaml'), { merge: true }) as Compose;

/** The services in an order in which each comes after those it depends on. */
export function startOrder({ services }: Compose): string[] {
  const order: string[] = [];
  const add = (name: string): void => {
    if (order.includes(name)) return;
    for (const other of Object.keys(services[name]?.depends_on ?? {})) add(other);
    order.push(name);
  };
  for (const name of Object.keys(services)) add(name);
  return order;
}
