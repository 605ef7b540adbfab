import { databaseCode } from '../db/errors.ts';
import type { Questions } from './questions.ts';

/** What crosses between a process and its learner's thread; all of it survives a structured clone. */
export type Question = {
  readonly [Q in keyof Questions]: { readonly question: Q; readonly input: Parameters<Questions[Q]>[0] };
}[keyof Questions];

/** Whose question it is: the tenant's, or its twin's where that is all that is named. */
export function ownerOf(asked: Question): string {
  switch (asked.question) {
    case 'propose':
      return asked.input.snapshot.tenant_id;
    case 'gate':
      return asked.input.tenant_id;
    case 'gateSpec':
      return asked.input.active.twin_id;
    case 'previewRaterRemoval':
      return asked.input.twin.tenant_id;
  }
}

export type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: PlainError };

/** A clone of an Error would lose its name and code, which say whether another attempt may help. */
interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of a failed query, whose message and stack hold its parameters and stay where they are. */
  readonly code?: string | undefined;
}

export function toPlainError(error: unknown): PlainError {
  const code = databaseCode(error);
  if (code !== undefined) return { name: 'PostgresError', message: `a query failed with code ${code}`, code };
  if (!(error instanceof Error)) return { name: 'Error', message: 'something was thrown that is no Error' };
  return { name: error.name, message: error.message, stack: error.stack };
}

export function fromPlainError({ name, message, stack, code }: PlainError): Error {
  const error = new Error(message);
  return Object.assign(error, { name, stack: stack ?? error.stack }, code === undefined ? {} : { code });
}
