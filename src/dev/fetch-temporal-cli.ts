/** `npm run temporal-cli`: finds or fetches the Temporal CLI, prints its path; progress goes to standard error. */
import { loadConfig } from '../config.ts';
import { obtainTemporalCli } from './temporal-cli.ts';
import { UserError } from './user-error.ts';

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
