import type { Config } from '../../config.ts';
import { databaseGuard } from '../../db/tls.ts';
import { isLoopback } from '../../loopback.ts';
import { examine, ok, warning, type Finding } from './finding.ts';

const POSTGRES = 'set DATABASE_URL with ?sslmode=verify-full   # and sslrootcert=FILE for a CA of your own';
const TEMPORAL = 'export TEMPORAL_TLS=true   # docs/operations.md, "TLS"';
const ALLOWED =
  'goes in clear to another machine, as TWINLOOP_ALLOW_PLAINTEXT allows: right only while that network is yours';

/** Whether what is sent to Postgres and to Temporal is encrypted, to a server that is known. */
export async function examineEncryption(config: Config): Promise<Finding[]> {
  const postgres = await examine('postgres encryption', POSTGRES, async () => {
    const guard = databaseGuard(config.databaseUrl);
    if (guard === 'clear') return warning(ALLOWED, POSTGRES);
    if (guard === 'encrypted')
      return warning('encrypted, to any server that answers: its name is not checked', POSTGRES);
    return ok(guard === 'verified' ? 'encrypted, and the server is checked' : 'not needed on this machine');
  });
  const temporal = await examine('temporal encryption', TEMPORAL, async () => {
    const { connectionOptions } = await import('../../temporal.ts');
    const { address, tls } = connectionOptions(config.temporal);
    if (tls === false) return isLoopback(address) ? ok('not needed on this machine') : warning(ALLOWED, TEMPORAL);
    const identity = typeof tls === 'object' && tls.clientCertPair !== undefined ? ', with a client certificate' : '';
    return ok(`encrypted, and the server is checked${identity}`);
  });
  return [postgres, temporal];
}
