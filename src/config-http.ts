import { z } from 'zod';
import { namedKeysSchema } from './named-keys.ts';

const ORIGIN_RULE =
  'must be origins such as https://app.example.com, separated by commas, without a path; * is not taken, because every site could then use a key that it got hold of';

/** True for what a browser sends as Origin: scheme, host and a port that is not the scheme's own. */
function isOrigin(value: string): boolean {
  return /^https?:\/\//.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

const origins = z
  .string()
  .default('')
  .transform((value) => value.split(',').flatMap((origin) => origin.trim() || []))
  .refine((values) => values.every(isOrigin), ORIGIN_RULE);
const rate = z.coerce.number().int().min(0).max(1_000_000);

/** The variables of how the API meets the network. */
export const httpVariables = {
  RATE_LIMIT_PER_KEY: rate.default(10_000),
  RATE_LIMIT_PER_IP: rate.default(50),
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  CORS_ORIGINS: origins,
  FEEDBACK_TOKEN_KEYS: namedKeysSchema.optional(),
};

type HttpVariables = z.infer<z.ZodObject<typeof httpVariables>> & { readonly BEHIND_TLS: boolean };

export function httpSettings(value: HttpVariables) {
  return {
    /** Requests a second; 0 is no limit. */
    limits: { requestsPerKey: value.RATE_LIMIT_PER_KEY, requestsPerIp: value.RATE_LIMIT_PER_IP },
    trustedProxies: value.TRUSTED_PROXIES,
    corsOrigins: value.CORS_ORIGINS,
    /** Empty: no feedback token is made or taken. */
    feedbackTokenKeys: value.FEEDBACK_TOKEN_KEYS ?? [],
    behindTls: value.BEHIND_TLS,
  };
}
