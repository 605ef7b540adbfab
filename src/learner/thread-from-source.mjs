// A thread does not take over its process's loader of TypeScript; the build has no need of this file.
import { register } from 'tsx/esm/api';

register();
await import('./thread.ts');
