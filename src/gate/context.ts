import { compilePrompt, type PromptPlan } from '../persona/compile.ts';
import type { Channel, Intent } from '../persona/intents.ts';
import { diffSpecs } from '../persona/manifest.ts';
import type { Manifest } from '../persona/operation.ts';
import type { PersonaSpec } from '../persona/spec.ts';
import { replay, type Replay } from './replay.ts';
import type { GateInput } from './types.ts';

export type Planner = (spec: PersonaSpec, intent: Intent, channel: Channel) => PromptPlan;

/** What the checks of one run share: the input, the real difference of the two specs, and plans compiled once each. */
export interface GateContext {
  readonly input: GateInput;
  /** diff(active, candidate), as it is, whatever the manifest claims. */
  readonly changes: Manifest;
  readonly plan: Planner;
  /** The recorded answers under the rules of both specs; computed when first asked for, once. */
  readonly replay: () => Replay;
}

/** Compiles each (spec, intent, channel) at most once; nothing is kept between runs. */
export function createPlanner(): Planner {
  const plans = new Map<PersonaSpec, Map<string, PromptPlan>>();
  return (spec, intent, channel) => {
    const ofSpec = plans.get(spec) ?? new Map<string, PromptPlan>();
    plans.set(spec, ofSpec);
    const key = `${intent} ${channel}`;
    const plan = ofSpec.get(key) ?? compilePrompt(spec, { intent, channel });
    ofSpec.set(key, plan);
    return plan;
  };
}

export function createContext(input: GateInput): GateContext {
  const { active, candidate, rated } = input;
  let replayed: Replay | undefined;
  return {
    input,
    changes: diffSpecs(active, candidate),
    plan: createPlanner(),
    replay: () => (replayed ??= replay(active, candidate, rated)),
  };
}
