/** A twin as its tenant names it: the id alone never opens another tenant's. */
export interface TwinRef {
  readonly id: string;
  readonly tenant_id: string;
}
