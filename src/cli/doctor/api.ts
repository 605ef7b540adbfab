import type { Config } from '../../config.ts';
import { ApiProblemError, createHttp } from '../support/http.ts';
import { examine, isGood, missing, ok, skipped, twinloop, warning, type Finding } from './finding.ts';

const TIMEOUT_MS = 5_000;
const START_API = 'node dist/server.js   # after npm run build; ./temporal-dev.sh starts one too';
const SCRAPE = 'curl -i "$TWINLOOP_URL/metrics"   # and see what stands in between';
const MAKE_KEY = twinloop('keys create --tenant demo --role owner');

/** The API, and whether it knows our key. */
export async function examineApi({ apiUrl, apiKey }: Config): Promise<Finding[]> {
  const http = createHttp(apiUrl, apiKey);
  const api = await examine('api', START_API, async () => {
    const { status } = await http<{ status: string }>({ method: 'GET', path: '/readyz', timeoutMs: TIMEOUT_MS });
    return ok(
      status === 'ready' ? apiUrl : `${apiUrl}, ${status}: it does not reach Temporal, votes are taken all the same`,
    );
  });
  if (!isGood(api)) return [api, ...['api key', 'metrics'].map((check) => ({ check, ...skipped('needs the API') }))];
  const key = await examine('api key', MAKE_KEY, async () => {
    try {
      await http({ method: 'GET', path: '/feedback/reasons', timeoutMs: TIMEOUT_MS });
      return ok('TWINLOOP_API_KEY is known');
    } catch (error) {
      if (!(error instanceof ApiProblemError) || error.status !== 401) throw error;
      return missing('The API does not know the key in TWINLOOP_API_KEY.', MAKE_KEY);
    }
  });
  const metrics = await examine('metrics', SCRAPE, async () => {
    const { status } = await fetch(`${apiUrl}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (status === 200) return ok(`${apiUrl}/metrics answers`);
    return warning(`${apiUrl}/metrics answered ${status}: nothing can watch this server.`, SCRAPE);
  });
  return [api, key, metrics];
}
