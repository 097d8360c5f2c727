import type { TestService } from '../../service.ts';

/** An operation of a port, with everything that a request needs. */
export interface Route {
  port: 'api' | 'storage' | 'metrics';
  method: string;
  /** Path with example values for its parameters. */
  path: string;
  /** Whether the route accepts requests without a key. */
  isOpen: boolean;
  hasBody: boolean;
}

interface Operation {
  security?: object[];
  requestBody?: object;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const EXAMPLES: Record<string, string> = {
  filename: '20260101-000000-clip.mp4',
  name: 'example',
  hash: 'a'.repeat(64),
};
const EXAMPLE_ID = '01980000-0000-7000-8000-000000000000';

/** Paths that the OpenAPI document omits: pages, discovery, OAuth and MCP, and one unknown path. */
const UNDOCUMENTED: readonly Route[] = [
  ...['/', '/docs', '/docs/api', '/openapi.json', '/favicon.ico', '/no-such-path', '/v1/no-such-path'],
  ...['/oauth/authorize', '/.well-known/oauth-protected-resource', '/.well-known/oauth-authorization-server'],
].map((path) => ({ port: 'api', method: 'GET', path, isOpen: true, hasBody: false }) as const);

const OPEN_POSTS: readonly Route[] = ['/oauth/token', '/oauth/register', '/oauth/revoke'].map(
  (path) => ({ port: 'api', method: 'POST', path, isOpen: true, hasBody: true }) as const,
);

const OTHER_PORTS: readonly Route[] = [
  { port: 'api', method: 'POST', path: '/mcp', isOpen: false, hasBody: true },
  { port: 'storage', method: 'GET', path: '/-/healthy', isOpen: true, hasBody: false },
  { port: 'storage', method: 'GET', path: '/airlock/uploads/none', isOpen: true, hasBody: false },
  { port: 'storage', method: 'PUT', path: '/airlock/uploads/none', isOpen: true, hasBody: true },
  { port: 'metrics', method: 'GET', path: '/metrics', isOpen: true, hasBody: false },
];

/** Returns every route of the service's OpenAPI document, and the routes that the document omits. */
export async function listRoutes(service: Pick<TestService, 'api'>): Promise<Route[]> {
  const response = await fetch(`${service.api}/openapi.json`);
  const document = (await response.json()) as { paths: Record<string, Record<string, Operation>> };
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    METHODS.filter((method) => operations[method]).map((method): Route => {
      const { security, requestBody } = operations[method]!;
      return {
        port: 'api',
        method: method.toUpperCase(),
        path: path.replace(/\{(\w+)\}/g, (_, name: string) => EXAMPLES[name] ?? EXAMPLE_ID),
        isOpen: security?.length === 0,
        hasBody: requestBody !== undefined,
      };
    }),
  );
  return [...documented, ...UNDOCUMENTED, ...OPEN_POSTS, ...OTHER_PORTS];
}
