import type { Config } from '../config.ts';

export interface ReadyValues {
  readonly api: string;
  readonly docs: string;
  readonly 'web-ui': string;
  /** host:port */
  readonly temporal: string;
  readonly database: string;
  readonly 'api-key': string;
  readonly next: string;
}

/** Whatever has to be said to a command in another terminal to reach this system. */
export function readyValues(config: Config, temporalAddress: string): ReadyValues {
  const api = config.api.url;
  const settings = [
    ...(api === 'http://127.0.0.1:3000' ? [] : [`TWINLOOP_URL=${api}`]),
    ...(config.apiKey === 'dev-key' ? [] : [`TWINLOOP_API_KEY=${config.apiKey}`]),
  ];
  return {
    api,
    docs: `${api}/docs`,
    'web-ui':
      config.temporal.address === undefined
        ? `http://127.0.0.1:${config.temporal.uiPort}`
        : 'of the Temporal server in TEMPORAL_ADDRESS',
    temporal: temporalAddress,
    database: config.databaseUrl,
    'api-key': config.apiKey,
    next: [...settings, 'npx twinloop demo'].join(' '),
  };
}

/** `twinloop ready`, and a `name: value` line for each. */
export function readyBlock(values: ReadyValues): string {
  return ['twinloop ready', ...Object.entries(values).map(([name, value]) => `${name}: ${value}`)].join('\n');
}
