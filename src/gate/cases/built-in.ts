import { z } from 'zod';
import { regressionCaseSchema, type RegressionCase } from '../types.ts';
import action from './action.json' with { type: 'json' };
import advice from './advice.json' with { type: 'json' };
import boundary from './boundary.json' with { type: 'json' };
import isolation from './channel-isolation.json' with { type: 'json' };
import clarify from './clarify.json' with { type: 'json' };
import conflict from './conflict.json' with { type: 'json' };
import factual from './factual.json' with { type: 'json' };
import meta from './meta.json' with { type: 'json' };
import summary from './summary.json' with { type: 'json' };

const caseList = z.array(regressionCaseSchema);

/**
 * Cases that come with Twinloop: 13 an intent, 5 of them adversarial. They hold for `starterPersona`. A case with answers
 * names what it rests on (a line of the constitution, a pinned module, a ban), so that a persona with another style is
 * not held to it; and none names a module that is weak or in draft, which learning is meant to move.
 */
export const regressionCases: readonly RegressionCase[] = caseList.parse([
  ...factual,
  ...advice,
  ...action,
  ...clarify,
  ...conflict,
  ...summary,
  ...meta,
  ...boundary,
]);

/** What the public must not see, and what neither channel may lose. Part of the check "plan", which always runs. */
export const channelIsolationCases: readonly RegressionCase[] = caseList.parse(isolation);
