/** What Postgres cannot store: a NUL, or half of a surrogate pair, which UTF-8 does not have. */
// oxlint-disable-next-line no-control-regex
export const UNSTORABLE = /[\u0000\p{Surrogate}]/u;
