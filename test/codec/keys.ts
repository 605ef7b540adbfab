import { randomBytes } from 'node:crypto';
import type { NamedKey } from '../../src/named-keys.ts';

export const codecKey = (id: string): NamedKey => ({ id, secret: randomBytes(32) });
