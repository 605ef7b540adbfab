import { createBuild, type Build } from '../../chaos/system/build.ts';

let current: Promise<Build> | undefined;
/** The sources as they are, built once a run; nobody changes its `dist`. */
export const sharedBuild = (): Promise<Build> => (current ??= createBuild());
