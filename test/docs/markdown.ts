import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A file of the repository, by its path from the root. */
export const readRepositoryFile = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Contents of the fenced code blocks of a language, in order. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code]) =>
    name === language && code !== undefined ? [code] : [],
  );
}

/** A section, from its `## title` to the next heading of the same level. Throws when there is none. */
export function section(markdown: string, title: string): string {
  const found = markdown.split(/^(?=## )/m).find((part) => part.startsWith(`## ${title}\n`));
  if (found === undefined) throw new Error(`the document has no section "${title}"`);
  return found;
}

/** All that can be typed or called: fenced shell blocks, and spans between backticks. */
export function allCode(markdown: string): string[] {
  const fenced = [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? '');
  const prose = markdown.replaceAll(/^```\w+\n[\s\S]*?^```$/gm, '');
  return [...fenced, ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '')];
}

export interface Route {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** The requests to `$API` that the shell code makes with curl, which sends a POST when it has data. */
export function curlRoutes(shell: string): Route[] {
  const commands = shell.split(/(?=\bcurl )/).filter((part) => part.startsWith('curl '));
  return commands.map((command) => {
    const path = /\$API(\/[^\s"'?]*)/.exec(command)?.[1];
    if (path === undefined) throw new Error(`names no route of $API: ${command}`);
    const method = / -X ([A-Z]+)/.exec(command)?.[1] ?? (/ -d ['"]/.test(command) ? 'POST' : 'GET');
    return { method, path };
  });
}

/** The routes that prose names, such as `POST /jobs/{id}/retry` between backticks. */
export function namedRoutes(markdown: string): Route[] {
  return allCode(markdown).flatMap((code) => {
    const [, method, path] = /^(GET|POST|PATCH|DELETE|PUT) (\/[^\s?]*)(?:\?\S*)?$/.exec(code) ?? [];
    return method === undefined || path === undefined ? [] : [{ method, path }];
  });
}
