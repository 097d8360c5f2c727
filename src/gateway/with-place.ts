import type { Handler } from './context.ts';

/** A handler of transfers that takes a place first, before it reads a body or opens a file. Our own roles need none. */
export function withPlace(handler: Handler): Handler {
  return async (context) => {
    const { identity, request, target, transfers } = context;
    if (identity.kind === 'header') return handler(context);
    const release = transfers.take(request.method === 'PUT' ? 'PUT' : 'GET', target.key);
    try {
      await handler(context);
    } finally {
      release();
    }
  };
}
