import type { ConnectionLike } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from './workflows/contract.ts';

/** Both of the SDK's connections have it. */
type SearchAttributeConnection = Pick<ConnectionLike, 'operatorService'>;

const { INDEXED_VALUE_TYPE_KEYWORD } = proto.temporal.api.enums.v1.IndexedValueType;
const NAMES = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);

/**
 * Names of ours that the namespace does not have. A workflow that sets one of these is stuck for ever, so check at start.
 * Throws when one exists with another type: it has to be removed by hand first.
 */
export async function missingSearchAttributes(
  connection: SearchAttributeConnection,
  namespace: string,
): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const wrong = NAMES.filter((name) => {
    const type = customAttributes[name];
    return type !== undefined && type !== INDEXED_VALUE_TYPE_KEYWORD;
  });
  if (wrong.length > 0) {
    throw new Error(
      `Search attributes of another type than Keyword: ${wrong.join(', ')}. Remove them first: temporal operator search-attribute remove ${wrong.map((name) => `--name ${name}`).join(' ')}`,
    );
  }
  return NAMES.filter((name) => customAttributes[name] === undefined);
}

/** Registers those that are missing; returns their names. Safe to repeat. */
export async function registerSearchAttributes(
  connection: SearchAttributeConnection,
  namespace: string,
): Promise<string[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return [];
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD])),
  });
  return missing;
}

/** gRPC's PERMISSION_DENIED and UNIMPLEMENTED. */
const REFUSALS: readonly unknown[] = [7, 12];

/** True when the server does not let us ask: Temporal Cloud keeps the operator service to itself. */
export function isOperatorRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && REFUSALS.includes(error.code);
}
