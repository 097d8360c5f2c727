import { createHash } from 'node:crypto';
import { type IDataObject, type IExecuteFunctions, type INodeExecutionData, NodeOperationError } from 'n8n-workflow';
import { type ApiRequest, listItems, send } from './client';

/** The result of an operation for an item. The node adds `pairedItem`. */
export type Result = Pick<INodeExecutionData, 'json' | 'binary'>;
export type Action = (item: Item) => Promise<Result[]>;

/** One input item of an execution, with the parameters of the node for it. */
export class Item {
  readonly functions: IExecuteFunctions;
  readonly index: number;

  constructor(functions: IExecuteFunctions, index: number) {
    this.functions = functions;
    this.index = index;
  }

  /** Returns a parameter; `undefined` if the parameter is empty. */
  read<T>(name: string): T | undefined {
    // Without a default value, n8n throws for a parameter that the operation does not have.
    const value: unknown = this.functions.getNodeParameter(name, this.index, null);
    return value === undefined || value === null || value === '' ? undefined : (value as T);
  }

  /** Returns a parameter that the operation requires. Throws if the parameter is empty. */
  require(name: string, shown: string): string {
    const value = this.read<string>(name);
    if (value === undefined)
      throw this.error(`"${shown}" is empty.`, `Enter a value, or map one from an earlier node.`);
    return String(value).trim();
  }

  /** Returns a parameter of type JSON. n8n passes the parameter as text, or as an object if the parameter is an expression. */
  readJson<T>(name: string, shown: string): T | undefined {
    const value = this.read<unknown>(name);
    return value === undefined ? undefined : (this.parse(value, shown) as T);
  }

  parse(value: unknown, shown: string): unknown {
    if (typeof value !== 'string') return value;
    if (value.trim() === '') return undefined;
    try {
      return JSON.parse(value) as unknown;
    } catch (error) {
      throw this.error(`"${shown}" is not valid JSON: ${(error as Error).message}`, 'Correct the JSON.');
    }
  }

  /** Returns a collection of optional fields. */
  options(name = 'options'): IDataObject {
    return this.read<IDataObject>(name) ?? {};
  }

  get signal(): AbortSignal | undefined {
    return this.functions.getExecutionCancelSignal?.();
  }

  send(request: ApiRequest): Promise<IDataObject> {
    return send(this.functions, { itemIndex: this.index, signal: this.signal, ...request });
  }

  /** Returns the items of a list, limited by "Return All" and "Limit". */
  async list(path: string, qs: IDataObject = {}): Promise<Result[]> {
    const limit = this.read<boolean>('returnAll') ? Number.POSITIVE_INFINITY : (this.read<number>('limit') ?? 50);
    const request = { path, qs, limit, itemIndex: this.index, signal: this.signal };
    return (await listItems(this.functions, request)).map((json) => ({ json }));
  }

  error(message: string, description: string): NodeOperationError {
    return new NodeOperationError(this.functions.getNode(), message, { description, itemIndex: this.index });
  }

  /**
   * Returns the idempotency key of a request. The key stays the same when n8n retries the node, and differs between executions, runs, items
   * and contents, unless the user has entered a key.
   */
  idempotencyKey(purpose: string, content: unknown): string {
    const own = this.options().idempotencyKey;
    if (typeof own === 'string' && own !== '') return purpose === 'create' ? own : `${own}-${purpose}`;
    const { functions, index } = this;
    const run = functions.getWorkflowDataProxy(index).$runIndex as unknown;
    const parts = [functions.getExecutionId(), functions.getNode().id, run, index, purpose, content];
    return `n8n-${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
  }
}
