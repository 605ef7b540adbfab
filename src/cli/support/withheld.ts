import type { DescribedWithheld } from '../../learning/describe-withheld.ts';
import type { CliIo } from './io.ts';

/** What learning did not do, under each reason what it stands for, in the order given. */
export function showWithheld(
  { colors }: Pick<CliIo, 'colors'>,
  withheld: readonly Pick<DescribedWithheld, 'summary' | 'why'>[],
  line: (text: string) => void,
): void {
  for (const reason of new Set(withheld.map(({ why }) => why))) {
    line(`withheld: ${colors.dim(reason)}`);
    for (const { summary, why } of withheld) if (why === reason) line(`  ${summary}`);
  }
}

/** The same for JSON output. */
export const listWithheld = (withheld: readonly Pick<DescribedWithheld, 'summary' | 'reason' | 'why'>[]) =>
  withheld.map(({ summary: change, reason, why }) => ({ change, reason, why }));
