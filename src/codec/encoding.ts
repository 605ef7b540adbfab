/** The encoding that encrypted payloads name, as in Temporal's own samples. */
export const ENCRYPTED = 'binary/encrypted';
