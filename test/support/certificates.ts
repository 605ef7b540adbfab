import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const DAYS = '2';

export interface Certificates {
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: KeyPair;
  /** For another host, of the same authority. */
  readonly elsewhere: KeyPair;
  readonly client: KeyPair;
  /** An authority that signed nothing here. */
  readonly strangerCa: string;
}

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export const hasOpenssl = (): boolean => spawnSync('openssl', ['version']).status === 0;

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`);
}

/** Makes an authority and what it signs as PEM files in `folder`. Needs openssl 1.1.1 or newer. */
export async function createCertificates(folder: string): Promise<Certificates> {
  const path = (name: string) => join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = (name: string): KeyPair => {
    const pair = { cert: path(`${name}.crt`), key: path(`${name}.key`) };
    openssl('req', '-x509', ...newKey, '-days', DAYS, '-subj', `/CN=${name}`, '-keyout', pair.key, '-out', pair.cert);
    return pair;
  };
  const ca = authority('ca');
  const signed = async (name: string, alternatives: string): Promise<KeyPair> => {
    const pair = { cert: path(`${name}.crt`), key: path(`${name}.key`) };
    const request = path(`${name}.csr`);
    openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', pair.key, '-out', request);
    await writeFile(path(`${name}.ext`), `subjectAltName=${alternatives}\n`);
    const by = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-extfile', path(`${name}.ext`)];
    openssl('x509', '-req', '-in', request, ...by, '-days', DAYS, '-out', pair.cert);
    return pair;
  };
  return {
    ca: ca.cert,
    server: await signed('server', 'DNS:localhost,IP:127.0.0.1'),
    elsewhere: await signed('elsewhere', 'DNS:elsewhere.example'),
    client: await signed('client', 'DNS:client.example'),
    strangerCa: authority('stranger').cert,
  };
}
