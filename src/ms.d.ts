// `ms` ships no types entry under nodenext, and without it Temporal's `Duration` silently becomes `any`.
declare module 'ms' {
  export type StringValue = `${number}` | `${number}${string}` | `${number} ${string}`;
}
