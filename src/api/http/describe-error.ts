/** Names, codes and places of an error and its causes: enough to find it, without the texts that its message may quote. */
export function describeError(error: unknown): Record<string, unknown> {
  const names: string[] = [];
  let stack: string | undefined;
  for (let cause: unknown = error; cause instanceof Error && names.length < 5; cause = cause.cause) {
    const { code, constraint_name } = cause as { code?: unknown; constraint_name?: unknown };
    names.push([cause.name, code, constraint_name].filter((part) => typeof part === 'string').join(' '));
    stack ??= cause.stack;
  }
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return { error: names.join(' <- ') || typeof error, at: frames?.slice(0, 8).map((line) => line.trim()) };
}
