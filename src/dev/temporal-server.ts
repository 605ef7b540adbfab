import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';

export interface TemporalServerOptions {
  readonly port: number;
  /** Null: no Web UI. */
  readonly uiPort: number | null;
  /** Null: in memory. */
  readonly databaseFile: string | null;
  /** Where a codec server of this machine decrypts for the Web UI. */
  readonly codecPort?: number;
}

/** Arguments for the Temporal CLI that start a dev server with our search attributes. */
export function temporalServerArguments({ port, uiPort, databaseFile, codecPort }: TemporalServerOptions): string[] {
  return [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${port}`,
    '--log-level=warn',
    ...(uiPort === null ? ['--headless'] : [`--ui-port=${uiPort}`]),
    ...(codecPort === undefined ? [] : [`--ui-codec-endpoint=http://127.0.0.1:${codecPort}`]),
    ...(databaseFile === null ? [] : [`--db-filename=${databaseFile}`]),
    ...Object.values(SEARCH_ATTRIBUTES).map(({ name }) => `--search-attribute=${name}=Keyword`),
  ];
}
