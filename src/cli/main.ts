/** The `twinloop` command. Its exit code is set, not forced, so that everything written arrives. */
import { runCli } from './program.ts';
import { processIo } from './support/io.ts';

process.exitCode = await runCli(process.argv.slice(2), processIo());
