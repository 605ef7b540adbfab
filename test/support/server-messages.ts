/** What the tests ask of the process that owns their servers (test/support/server-process.ts), and its answers. */
export interface StartRequest {
  readonly start: 'postgres' | 'temporal';
}

export type StartAnswer =
  | { readonly started: 'postgres'; readonly port: number }
  | { readonly started: 'temporal'; readonly address: string }
  | { readonly failed: StartRequest['start']; readonly message: string };
