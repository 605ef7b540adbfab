import { DEVELOPMENT_KEY, type Config } from '../../config.ts';
import type { Database } from '../../db/client.ts';
import { readKeyHealth } from '../../db/health.ts';
import { findKey } from '../../db/keys.ts';
import { examine, missing, ok, twinloop, warning, type Finding } from './finding.ts';

const MAKE = twinloop('keys create --tenant NAME --create-tenant --role owner');

/** Whether each tenant with twins has somebody who may decide, and whether a key that all know opens a production system. */
export async function examineKeys(db: Database, { production }: Config): Promise<Finding> {
  return examine('keys', MAKE, async () => {
    const { keys, ownerless } = await readKeyHealth(db);
    if (keys === 0) return missing('There is no API key: nobody can use the API.', MAKE);
    const known = await findKey(db, DEVELOPMENT_KEY);
    if (known !== undefined && production) {
      return warning(
        `The key ${DEVELOPMENT_KEY} is in force for tenant ${known.tenant_id}. Production servers refuse it, others do not.`,
        twinloop(`keys revoke ${known.key_id}`),
      );
    }
    const [first] = ownerless;
    if (first !== undefined) {
      const more = ownerless.length === 1 ? '' : `, nor have ${ownerless.length - 1} others`;
      const create = twinloop(`keys create --tenant ${first} --role owner`);
      return warning(`Tenant ${first} has twins and no owner key${more}: nobody can approve.`, create);
    }
    return ok(`${keys} in force, an owner's for each tenant with twins`);
  });
}
