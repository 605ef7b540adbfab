/** What a twin does when neither the request nor its own policy says otherwise: the environment's values. */
export interface LearningDefaults {
  readonly min_events: number;
  /** Minutes; fractions are allowed. */
  readonly cooldown_minutes: number;
  readonly auto_publish: boolean;
  readonly run_regression_gate: boolean;
  /** Share of the owner channel's prompts that a draft module joins, 0 to `MAX_TRIAL_SHARE`. */
  readonly trial_share: number;
}

/** A draft is not trusted yet: four answers of five are without it. */
export const MAX_TRIAL_SHARE = 0.2;

type Knob = keyof LearningDefaults;

/** A layer of the policy; null or absent inherits from the next. */
export type PolicyLayer = { readonly [K in Knob]?: LearningDefaults[K] | null | undefined };

interface Resolved<T> {
  readonly value: T;
  readonly source: 'request' | 'twin' | 'environment';
}

export type ResolvedPolicy = { readonly [K in Knob]: Resolved<LearningDefaults[K]> };

function resolve<T>(request: T | null | undefined, twin: T | null | undefined, environment: T): Resolved<T> {
  if (request !== undefined && request !== null) return { value: request, source: 'request' };
  if (twin !== undefined && twin !== null) return { value: twin, source: 'twin' };
  return { value: environment, source: 'environment' };
}

/** The request overrides the twin's policy, which overrides the environment. */
export function resolvePolicy(request: PolicyLayer, twin: PolicyLayer, environment: LearningDefaults): ResolvedPolicy {
  return {
    min_events: resolve(request.min_events, twin.min_events, environment.min_events),
    cooldown_minutes: resolve(request.cooldown_minutes, twin.cooldown_minutes, environment.cooldown_minutes),
    auto_publish: resolve(request.auto_publish, twin.auto_publish, environment.auto_publish),
    run_regression_gate: resolve(
      request.run_regression_gate,
      twin.run_regression_gate,
      environment.run_regression_gate,
    ),
    trial_share: resolve(request.trial_share, twin.trial_share, environment.trial_share),
  };
}
