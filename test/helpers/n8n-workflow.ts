/**
 * The subset of the package `n8n-workflow` that the nodes need while they run. This project does not depend on n8n. `docs/n8n.md` describes
 * how the nodes were tried in n8n.
 */

interface ErrorOptions {
  message?: string;
  description?: string;
  httpCode?: string;
  itemIndex?: number;
}

class NodeError extends Error {
  description: string | null;
  context: Record<string, unknown>;

  constructor(message: string, { description, itemIndex }: ErrorOptions) {
    super(message);
    this.description = description ?? null;
    this.context = itemIndex === undefined ? {} : { itemIndex };
  }
}

export class NodeOperationError extends NodeError {
  constructor(_node: unknown, error: Error | string, options: ErrorOptions = {}) {
    super(typeof error === 'string' ? error : error.message, options);
  }
}

export class NodeApiError extends NodeError {
  httpCode: string | null;

  constructor(_node: unknown, response: { message?: string }, options: ErrorOptions = {}) {
    super(options.message ?? response.message ?? 'unknown', options);
    this.httpCode = options.httpCode ?? null;
  }
}

export const NodeConnectionTypes = { Main: 'main' } as const;

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
