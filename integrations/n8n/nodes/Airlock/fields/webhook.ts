import type { INodeProperties } from 'n8n-workflow';
import { eventOptions } from '../events';
import { shownFor } from './resource';

export const webhookFields: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: [
      { name: 'Create', value: 'create', action: 'Create a webhook' },
      { name: 'Delete', value: 'delete', action: 'Delete a webhook' },
      { name: 'Get', value: 'get', action: 'Get a webhook' },
      { name: 'Get Many', value: 'getAll', action: 'Get many webhooks' },
      { name: 'Send Test', value: 'test', action: 'Send a test event' },
      { name: 'Update', value: 'update', action: 'Update a webhook' },
    ],
    default: 'create',
    displayOptions: { show: { resource: ['webhook'] } },
  },
  {
    displayName: 'Webhook ID',
    name: 'webhookId',
    type: 'string',
    required: true,
    default: '',
    displayOptions: shownFor('webhook', ['delete', 'get', 'test', 'update']),
  },
  {
    displayName: 'URL',
    name: 'webhookUrl',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. https://example.com/airlock',
    displayOptions: shownFor('webhook', ['create']),
  },
  {
    displayName: 'Event Names or IDs',
    name: 'types',
    type: 'multiOptions',
    options: eventOptions,
    default: [],
    description: 'Events that Airlock sends. If you choose none, it sends all events.',
    displayOptions: shownFor('webhook', ['create']),
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: [{ displayName: 'Description', name: 'description', type: 'string', default: '' }],
    displayOptions: shownFor('webhook', ['create']),
  },
  {
    displayName: 'Changes',
    name: 'changes',
    type: 'collection',
    placeholder: 'Add change',
    default: {},
    options: [
      { displayName: 'Description', name: 'description', type: 'string', default: '' },
      {
        displayName: 'Enabled',
        name: 'enabled',
        type: 'boolean',
        default: true,
        description: 'Whether Airlock sends events to the webhook',
      },
      { displayName: 'Events', name: 'types', type: 'multiOptions', options: eventOptions, default: [] },
      { displayName: 'URL', name: 'url', type: 'string', default: '' },
    ],
    displayOptions: shownFor('webhook', ['update']),
  },
];
