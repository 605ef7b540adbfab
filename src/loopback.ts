/** True for an address only this machine can reach: 127.0.0.0/8, ::1 or localhost, with or without a port. */
export function isLoopback(address: string): boolean {
  const host = /^\[(?<v6>[^\]]+)\]/.exec(address)?.groups?.['v6'] ?? address.replace(/:\d+$/, '');
  return host === '::1' || /^127(\.\d{1,3}){3}$/.test(host) || /(^|\.)localhost$/i.test(host);
}
