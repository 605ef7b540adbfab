import { z } from '@hono/zod-openapi';

/** Any JSON stands where zod's recursive schema would refer into a document of its own. */
function inlined(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(inlined);
  if (typeof node !== 'object' || node === null) return node;
  if ('$ref' in node) return {};
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) =>
      key === '$defs' || key === '$schema' ? [] : [[key, inlined(value)]],
    ),
  );
}

/** A schema of the pure folders as a named component. zod describes it itself: it holds schemas of any JSON. */
export function component<T extends z.ZodType>(schema: T, name: string, io: 'input' | 'output' = 'input'): T {
  const described = inlined(z.toJSONSchema(schema, { io })) as Record<string, unknown>;
  return schema.clone().openapi(name, described) as T;
}
