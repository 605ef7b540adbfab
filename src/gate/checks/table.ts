import { bansKept } from './bans-kept.ts';
import { budget } from './budget.ts';
import type { Check } from './check.ts';
import { constitution } from './constitution.ts';
import { golden } from './golden.ts';
import { injection } from './injection.ts';
import { lineage } from './lineage.ts';
import { plan } from './plan.ts';
import { protectedParts } from './protected.ts';
import { provenance } from './provenance.ts';
import { replayLiked } from './replay-liked.ts';
import { replayUseful } from './replay-useful.ts';

/** Every check, in the order of the report. */
export const CHECKS: readonly Check[] = [
  lineage,
  constitution,
  provenance,
  protectedParts,
  bansKept,
  injection,
  budget,
  plan,
  golden,
  replayLiked,
  replayUseful,
];
