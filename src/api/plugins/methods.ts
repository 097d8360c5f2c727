import type { FastifyRequest } from 'fastify';
import type { App } from '../types.ts';

interface KnownPath {
  pattern: RegExp;
  methods: Set<string>;
}

/** Records every route that is registered later. Returns a function that looks up the methods of a path. */
export function registerMethods(app: App): (request: FastifyRequest) => string[] {
  const paths = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = paths.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    paths.set(url, known);
    for (const one of [method].flat()) known.methods.add(one);
  });
  return (request) => {
    const path = request.url.split('?', 1)[0]!.replace(/(?<=.)\/$/, '');
    const found = [...paths.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  };
}

/** Matches one path segment for `:id` in `/v1/transcodes/:id`, and any rest for a final `*`. */
function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) =>
      part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('/');
  return new RegExp(`^${source}$`);
}
