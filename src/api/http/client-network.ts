import { isIP } from 'node:net';

/** One for all whose address is not known, as in a test without a socket. */
const UNKNOWN = 'unknown';

/** An entry of X-Forwarded-For without the port or the brackets that some proxies add. */
function bareAddress(entry: string): string {
  const [, bracketed, dotted] = /^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(entry) ?? [];
  return bracketed ?? dotted ?? entry;
}

/** The first four groups of an IPv6 address: what one customer has all of. */
function prefix64(address: string): string {
  const [head = '', tail] = address.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 address at the end stands for two groups.
  const dotted = right.at(-1)?.includes('.') === true ? 1 : 0;
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length - dotted;
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/**
 * Whom a request is counted for: an IPv4 address, or the /64 of an IPv6 one. `forwarded` is X-Forwarded-For; each of
 * the `proxies` in front has added the address that it saw at its right end, so what stands further left is hearsay.
 */
export function clientNetwork(socket: string | undefined, forwarded: string | undefined, proxies: number): string {
  const hops = proxies === 0 || forwarded === undefined ? [] : forwarded.split(',').slice(-proxies);
  const claimed = bareAddress(hops[0]?.trim() ?? '');
  const address = (isIP(claimed) === 0 ? (socket ?? '') : claimed)
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');
  const family = isIP(address);
  if (family === 0) return UNKNOWN;
  return family === 4 ? address : prefix64(address);
}
