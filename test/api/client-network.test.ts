import assert from 'node:assert/strict';
import { clientNetwork } from '../../src/api/http/client-network.ts';

describe('whom a request is counted for', () => {
  it('is the socket, by IPv4 address or by /64 of IPv6', () => {
    const networks: Readonly<Record<string, string>> = {
      '192.0.2.7': '192.0.2.7',
      '::ffff:192.0.2.7': '192.0.2.7',
      '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
      '2001:db8:1:2::9': '2001:db8:1:2::/64',
      '2001:0DB8:0001:0002::1.2.3.4': '2001:db8:1:2::/64',
      '2001:db8::9': '2001:db8:0:0::/64',
      '2001:db8:1:3::9': '2001:db8:1:3::/64',
      '::1': '0:0:0:0::/64',
      'fe80::1%eth0': 'fe80:0:0:0::/64',
      '': 'unknown',
    };
    for (const [address, network] of Object.entries(networks)) {
      assert.equal(clientNetwork(address, undefined, 0), network, address);
    }
    assert.equal(clientNetwork(undefined, undefined, 0), 'unknown');
  });

  it('is what the outermost trusted proxy saw, and never what the client says', () => {
    const tries: [forwarded: string | undefined, proxies: number, network: string][] = [
      ['203.0.113.5', 0, '10.0.0.1'],
      ['203.0.113.5', 1, '203.0.113.5'],
      ['6.6.6.6, 203.0.113.5', 1, '203.0.113.5'],
      ['6.6.6.6, 203.0.113.5, 10.0.0.2', 2, '203.0.113.5'],
      ['203.0.113.5', 2, '203.0.113.5'],
      ['6.6.6.6,203.0.113.5:4711', 1, '203.0.113.5'],
      ['6.6.6.6, [2001:db8::7]:4711', 1, '2001:db8:0:0::/64'],
      ['6.6.6.6, 2001:db8::7', 1, '2001:db8:0:0::/64'],
      [undefined, 1, '10.0.0.1'],
      ['', 1, '10.0.0.1'],
      ['6.6.6.6, unknown', 1, '10.0.0.1'],
    ];
    for (const [forwarded, proxies, network] of tries) {
      assert.equal(clientNetwork('10.0.0.1', forwarded, proxies), network, `${forwarded} behind ${proxies}`);
    }
  });
});
