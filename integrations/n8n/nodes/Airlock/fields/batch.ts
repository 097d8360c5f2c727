import type { INodeProperties } from 'n8n-workflow';
import { shownFor } from './resource';
import { jobOptions, sorted, waitOptions } from './source';

const create = shownFor('batch', ['create']);

export const batchFields: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: [
      { name: 'Cancel', value: 'cancel', action: 'Cancel a batch', description: 'Cancel the jobs that have not ended' },
      {
        name: 'Create',
        value: 'create',
        action: 'Create a batch',
        description: 'Create one job for each input item, up to 100 in a batch',
      },
      { name: 'Get', value: 'get', action: 'Get a batch' },
      { name: 'Get Many', value: 'getAll', action: 'Get many batches' },
      { name: 'Wait', value: 'wait', action: 'Wait until a batch has ended' },
    ],
    default: 'create',
    displayOptions: { show: { resource: ['batch'] } },
  },
  {
    displayName: 'Batch ID',
    name: 'batchId',
    type: 'string',
    required: true,
    default: '',
    displayOptions: shownFor('batch', ['cancel', 'get', 'wait']),
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: sorted(...jobOptions, waitOptions[1]!),
    displayOptions: create,
  },
  {
    displayName: 'Batch Options',
    name: 'batchOptions',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: [
      {
        displayName: 'Webhook URL',
        name: 'batchWebhookUrl',
        type: 'string',
        default: '',
        description: 'URL that receives the event batch.completed',
      },
    ],
    displayOptions: create,
  },
];
