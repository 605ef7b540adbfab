import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import { Option, type Command } from 'commander';
import { createCodecServer } from '../codec/codec-server.ts';
import { createEncryptionCodec } from '../codec/encryption-codec.ts';
import { CliFailure } from './support/failure.ts';
import { wholeNumber } from './support/arguments.ts';
import { printJson, say, type VerbContext } from './support/io.ts';

interface Options {
  readonly port?: number;
  readonly origin?: string;
}

async function serve(io: VerbContext, options: Options): Promise<void> {
  const { codecKeys, codecPort, uiPort } = io.config().temporal;
  if (codecKeys === undefined) {
    throw new CliFailure('TEMPORAL_CODEC_KEYS is not set, so nothing is encrypted: set it as the workers have it.');
  }
  const { port = codecPort, origin = `http://127.0.0.1:${uiPort}` } = options;
  const app = createCodecServer(createEncryptionCodec({ keys: codecKeys }), { origin });
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch(({ code }: NodeJS.ErrnoException) => {
    throw new CliFailure(`Port ${port} cannot be used (${code}): choose another with --port or TEMPORAL_CODEC_PORT.`);
  });
  printJson(io, { url: `http://127.0.0.1:${port}`, origin });
  say(io, 'Decrypts for whoever asks on this machine, until it is stopped (Ctrl-C).');
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  server.close();
}

export function addCodecServer(program: Command, io: VerbContext): void {
  program
    .command('codec-server')
    .description("Decrypt payloads for Temporal's Web UI and command line, on this machine alone")
    .option('--port <port>', 'default: TEMPORAL_CODEC_PORT', wholeNumber(1, 65_535))
    .option('--origin <origin>', "where the Web UI is; default: the local one's on TEMPORAL_UI_PORT")
    // By it ./temporal-dev.sh knows its own processes again.
    .addOption(new Option('--data-dir <folder>').hideHelp())
    .action((options: Options) => serve(io, options));
}
