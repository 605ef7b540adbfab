/** A command that ends with a message and no stack. Exit codes: 1 failed, 2 usage; the gate has its own. */
export class CliFailure extends Error {
  override name = 'CliFailure';
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The arguments contradict each other, or ask for what the command does not do. */
export const usageFailure = (message: string): CliFailure => new CliFailure(message, { exitCode: 2 });

/**
 * What to tell of any error: what was written for people, else the innermost cause, because an outer message may quote
 * values.
 */
export function messageOf(error: unknown): string {
  let cause = error;
  while (!(cause instanceof CliFailure) && cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}
