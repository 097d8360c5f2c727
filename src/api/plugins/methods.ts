import type { FastifyRequest } from 'fastify';
import { nearPathOf } from '../suggest-path.ts';
import type { App } from '../types.ts';

interface KnownPath {
  pattern: RegExp;
  methods: Set<string>;
}

/** Finds known paths for a request that no route serves. */
export interface PathLookup {
  /** Returns the methods that the path supports. Returns none for an unknown path. */
  methodsOf(request: FastifyRequest): string[];
  /** Returns the known path that was probably meant, with the ids that were sent. Returns null if there is none. */
  suggestPath(request: FastifyRequest): string | null;
}

/** Records every route that is registered later. */
export function registerMethods(app: App): PathLookup {
  const paths = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = paths.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    paths.set(url, known);
    for (const one of [method].flat()) known.methods.add(one);
  });
  return {
    methodsOf(request) {
      const path = pathOf(request);
      const found = [...paths.values()].filter(({ pattern }) => pattern.test(path));
      return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
    },
    suggestPath: (request) => nearPathOf(pathOf(request), [...paths.keys()]),
  };
}

/** Returns the path of a request without its query and a final slash. */
export function pathOf({ url }: { url: string }): string {
  return url.split('?', 1)[0]!.replace(/(?<=.)\/$/, '');
}

/** Returns a pattern for the paths of a route. `:id` in `/v1/transcodes/:id` matches one path segment, and a final `*` matches any rest. */
export function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) =>
      part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('/');
  return new RegExp(`^${source}$`);
}
