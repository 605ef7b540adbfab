import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createEncryptionCodec } from './encryption-codec.ts';
import type { NamedKey } from '../named-keys.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
export const FAILURE_CONVERTER = fileURLToPath(new URL(`./failure-converter.${extension}`, import.meta.url));

/**
 * How payloads go to Temporal: as they are without keys, else encrypted, and failures with them. `undecodable`: see
 * createEncryptionCodec.
 */
export function dataConverterOf(
  keys: readonly NamedKey[] | undefined,
  undecodable?: (why: string) => void,
): { readonly dataConverter?: DataConverter } {
  if (keys === undefined) return {};
  const codec = createEncryptionCodec({ keys, ...(undecodable === undefined ? {} : { undecodable }) });
  return { dataConverter: { payloadCodecs: [codec], failureConverterPath: FAILURE_CONVERTER } };
}
