/** `npm run temporal-cli`: finds or fetches the Temporal CLI, prints its path; progress goes to standard error. */
import { loadConfig } from '../config.ts';
import { obtainTemporalCli } from './temporal-cli.ts';
import { UserError } from './user-error.ts';

// By process.exit, which also ends a build under way.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
const { temporal, path, cacheDir } = loadConfig();
try {
  const cli = await obtainTemporalCli({ explicit: temporal.cli, path, cacheDir }, (line) => {
    process.stderr.write(`${line}\n`);
  });
  process.stdout.write(`${cli}\n`);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
