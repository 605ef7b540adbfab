import { randomBytes } from 'node:crypto';
import type { CodecKey } from '../../src/codec/keys.ts';

export const codecKey = (id: string): CodecKey => ({ id, secret: randomBytes(32) });
