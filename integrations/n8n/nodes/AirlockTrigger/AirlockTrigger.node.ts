import {
  type IDataObject,
  type IHookFunctions,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeConnectionTypes,
  NodeOperationError,
} from 'n8n-workflow';
import { send, sendOrNull } from '../Airlock/client';
import { eventOptions } from '../Airlock/events';
import { findForgery, type Headers } from './signature';

/** The facts about its webhook that the node stores in the workflow. */
interface Stored extends IDataObject {
  webhookId?: string;
  secret?: string;
}

/** Starts a workflow when Airlock sends an event. The node's webhook exists while the workflow is active. */
export class AirlockTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Airlock Trigger',
    name: 'airlockTrigger',
    icon: { light: 'file:../../icons/airlock.svg', dark: 'file:../../icons/airlock.dark.svg' },
    group: ['trigger'],
    version: 1,
    subtitle: '={{$parameter["events"].join(", ")}}',
    description: 'Starts the workflow when Airlock sends an event, such as the end of a job',
    defaults: { name: 'Airlock Trigger' },
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'airlockApi', required: true }],
    webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' }],
    properties: [
      {
        displayName:
          'The key of the credential requires the scope admin. Airlock must reach n8n over HTTPS, or the operator allows the address of n8n in AIRLOCK_FETCH_ALLOW.',
        name: 'notice',
        type: 'notice',
        default: '',
      },
      {
        displayName: 'Events',
        name: 'events',
        type: 'multiOptions',
        required: true,
        options: eventOptions,
        default: ['transcode.completed', 'transcode.failed'],
        description: 'Events that start the workflow',
      },
    ],
  };

  webhookMethods = {
    default: {
      async checkExists(this: IHookFunctions): Promise<boolean> {
        const { webhookId, secret } = stored(this);
        if (!webhookId || !secret) return false;
        const found = await findWebhook(this, webhookId);
        return found !== null && isAsWanted(found, wantedWebhook(this));
      },

      async create(this: IHookFunctions): Promise<boolean> {
        const old = stored(this);
        if (old.webhookId) await deleteWebhook(this, old.webhookId);
        const wanted = wantedWebhook(this);
        const description = `n8n: ${this.getWorkflow().name ?? this.getWorkflow().id}`.slice(0, 200);
        const created = await send(this, { method: 'POST', path: '/v1/webhooks', body: { ...wanted, description } });
        Object.assign(stored(this), { webhookId: created.id, secret: created.secret });
        return true;
      },

      async delete(this: IHookFunctions): Promise<boolean> {
        const kept = stored(this);
        if (kept.webhookId) await deleteWebhook(this, kept.webhookId);
        delete kept.webhookId;
        delete kept.secret;
        return true;
      },
    },
  };

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    const { secret } = stored(this);
    const request = this.getRequestObject();
    if (!request.rawBody) await request.readRawBody();
    const body = request.rawBody ?? Buffer.alloc(0);
    const problem = secret
      ? findForgery(secret, this.getHeaderData() as Headers, body)
      : 'This workflow has no webhook. Deactivate and activate it.';
    if (problem !== null) {
      this.getResponseObject().status(401).json({ error: problem });
      return { noWebhookResponse: true };
    }
    const event = JSON.parse(body.toString('utf8')) as IDataObject;
    // Ignores tests, and events that the webhook sent before its types were changed.
    if (!(this.getNodeParameter('events') as string[]).includes(String(event.type))) return {};
    const delivery = { ...event, delivery_id: this.getHeaderData()['webhook-id'] as string };
    return { workflowData: [this.helpers.returnJsonArray(delivery)] };
  }
}

function stored(functions: IHookFunctions | IWebhookFunctions): Stored {
  return functions.getWorkflowStaticData('node') as Stored;
}

function wantedWebhook(functions: IHookFunctions): { url: string; types: string[] } {
  const url = functions.getNodeWebhookUrl('default');
  const types = functions.getNodeParameter('events', []) as string[];
  if (url && types.length > 0) return { url, types };
  throw new NodeOperationError(functions.getNode(), 'No event is chosen.', {
    description: 'Choose at least one event in "Events".',
  });
}

async function findWebhook(functions: IHookFunctions, id: string): Promise<IDataObject | null> {
  return sendOrNull(functions, { path: `/v1/webhooks/${encodeURIComponent(id)}` });
}

async function deleteWebhook(functions: IHookFunctions, id: string): Promise<void> {
  await sendOrNull(functions, { method: 'DELETE', path: `/v1/webhooks/${encodeURIComponent(id)}` });
}

function isAsWanted(found: IDataObject, wanted: { url: string; types: string[] }): boolean {
  const types = [...((found.types ?? []) as string[])].sort();
  return found.enabled !== false && found.url === wanted.url && types.join() === [...wanted.types].sort().join();
}
