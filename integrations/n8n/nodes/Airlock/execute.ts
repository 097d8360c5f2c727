import {
  type IDataObject,
  type IExecuteFunctions,
  type INodeExecutionData,
  type JsonObject,
  NodeApiError,
  NodeOperationError,
} from 'n8n-workflow';
import { batch, blueprint, blueprintRun, createBatch, media, transcription, upload, webhook } from './actions/others';
import { transcode } from './actions/transcode';
import { type Action, Item } from './item';

const ACTIONS: Record<string, Record<string, Action>> = {
  ...{ batch, blueprint, blueprintRun, media, transcode, transcription, upload, webhook },
};

/**
 * Number of items that the node processes at the same time. It is well below the 32 concurrent requests that a server accepts with a key.
 */
const CONCURRENCY = 10;
/** Maximum number of jobs that a server accepts in one batch. */
const BATCH_SIZE = 100;

type Outcome = INodeExecutionData[] | NodeApiError | NodeOperationError;

/** Runs the operation for every item. The results are in the order of the items. */
export async function executeAll(functions: IExecuteFunctions): Promise<INodeExecutionData[]> {
  const items = functions.getInputData().map((_, index) => new Item(functions, index));
  const resource = functions.getNodeParameter('resource', 0) as string;
  const operation = functions.getNodeParameter('operation', 0) as string;
  if (resource === 'batch' && operation === 'create') return executeBatches(functions, items);
  const action = ACTIONS[resource]?.[operation];
  if (!action)
    throw new NodeOperationError(functions.getNode(), `There is no operation "${operation}" of "${resource}".`);
  return executeEach(functions, items, action);
}

async function executeEach(
  functions: IExecuteFunctions,
  items: readonly Item[],
  action: Action,
): Promise<INodeExecutionData[]> {
  const outcomes: Outcome[] = [];
  const mayFail = functions.continueOnFail();
  let hasFailed = false;
  const queue = [...items];
  const work = async () => {
    for (let item = queue.shift(); item && (mayFail || !hasFailed); item = queue.shift()) {
      const outcome = await settle(functions, [item], async (one) => action(one[0]!));
      outcomes[item.index] = outcome;
      hasFailed ||= outcome instanceof Error;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return finish(outcomes.filter(Boolean), mayFail, items);
}

async function executeBatches(functions: IExecuteFunctions, items: readonly Item[]): Promise<INodeExecutionData[]> {
  const outcomes: Outcome[] = [];
  for (let from = 0; from < items.length; from += BATCH_SIZE) {
    const chunk = items.slice(from, from + BATCH_SIZE);
    const outcome = await settle(functions, chunk, async (those) => [{ json: await createBatch(those) }]);
    outcomes.push(outcome);
    if (outcome instanceof Error && !functions.continueOnFail()) throw outcome;
  }
  return finish(outcomes, functions.continueOnFail(), items);
}

/** Returns the results of some items, each linked to these items, or the error. If the node continues on failure, the error is a result. */
async function settle(
  functions: IExecuteFunctions,
  items: readonly Item[],
  run: (items: readonly Item[]) => ReturnType<Action>,
): Promise<Outcome> {
  const pairedItem = items.length === 1 ? { item: items[0]!.index } : items.map(({ index }) => ({ item: index }));
  try {
    return (await run(items)).map((result) => ({ ...result, pairedItem }));
  } catch (error) {
    const known =
      error instanceof NodeApiError || error instanceof NodeOperationError
        ? error
        : new NodeApiError(functions.getNode(), error as JsonObject, { itemIndex: items[0]!.index });
    if (!functions.continueOnFail()) return known;
    const facts = (known.context.airlock ?? {}) as IDataObject;
    // n8n sends an item to the error output only if the item has no other fields than these.
    const details = { description: known.description ?? null, ...facts };
    return [{ json: { error: known.message, details }, pairedItem }];
  }
}

/** Returns all results in the order of the items. Throws the first error, unless items may fail. */
function finish(outcomes: readonly Outcome[], mayFail: boolean, items: readonly Item[]): INodeExecutionData[] {
  const failed = outcomes.find((outcome) => outcome instanceof Error);
  if (failed && !mayFail && items.length > 0) throw failed;
  return outcomes.flatMap((outcome) => (outcome instanceof Error ? [] : outcome));
}
