import type { INodeProperties } from 'n8n-workflow';

/** Returns the fields that name a source: a URL, or the binary of an item. */
export function sourceFields(displayOptions: INodeProperties['displayOptions']): INodeProperties[] {
  const show = displayOptions!.show!;
  return [
    {
      displayName: 'Source',
      name: 'source',
      type: 'options',
      options: [
        { name: 'Binary File', value: 'binary', description: 'Uploads the file of the item first' },
        { name: 'URL', value: 'url', description: 'Public URL, or the fileUrl of an upload' },
      ],
      default: 'url',
      displayOptions,
    },
    {
      displayName: 'URL',
      name: 'url',
      type: 'string',
      typeOptions: { rows: 2 },
      required: true,
      default: '',
      placeholder: 'e.g. https://example.org/talk.mov',
      description:
        'Public URL of the source, the <code>fileUrl</code> of an upload, or the <code>output_url</code> of a job. A transcode joins several sources: write one URL per line.',
      displayOptions: { show: { ...show, source: ['url'] } },
    },
    {
      displayName: 'Input Binary Field',
      name: 'binaryPropertyName',
      type: 'string',
      required: true,
      default: 'data',
      hint: 'The name of the input field that contains the file',
      displayOptions: { show: { ...show, source: ['binary'] } },
    },
  ];
}

export const waitField = (displayOptions: INodeProperties['displayOptions']): INodeProperties => ({
  displayName: 'Wait for the End',
  name: 'waitForEnd',
  type: 'boolean',
  default: true,
  description: 'Whether to return only when the job has ended. If off, the node returns the new job immediately.',
  displayOptions,
});

/** Options of the operations that wait. */
export const waitOptions: INodeProperties[] = [
  {
    displayName: 'Fail If the Job Fails',
    name: 'failOnFailure',
    type: 'boolean',
    default: true,
    description:
      'Whether to fail the item if its job fails or is canceled. If off, the node returns the job whatever its status.',
  },
  {
    displayName: 'Time Limit',
    name: 'timeLimit',
    type: 'number',
    typeOptions: { minValue: 1 },
    default: 60,
    description: 'Minutes after which the node stops waiting and fails. The job continues.',
  },
];

/** Options of the operations that create jobs. */
export const createOptions: INodeProperties[] = [
  {
    displayName: 'Idempotency Key',
    name: 'idempotencyKey',
    type: 'string',
    default: '',
    description:
      'Requests with the same key and content create only one job within 25 hours. By default, the node makes a key for each execution, run, item and content.',
  },
  {
    displayName: 'Retention',
    name: 'retention',
    type: 'number',
    typeOptions: { minValue: 1 },
    default: 60,
    description: 'Minutes for which Airlock keeps the output. It can only shorten the retention of the server.',
  },
  {
    displayName: 'Webhook URL',
    name: 'webhookUrl',
    type: 'string',
    default: '',
    description: 'URL that receives the final event of the job',
  },
];

export const jobOptions: INodeProperties[] = [
  {
    displayName: 'Metadata',
    name: 'metadata',
    type: 'json',
    default: '{}',
    description: 'Your own data as JSON. Airlock returns it with the job.',
  },
  {
    displayName: 'Priority',
    name: 'priority',
    type: 'number',
    typeOptions: { minValue: -10, maxValue: 10 },
    default: 0,
    description: 'Jobs of your account with a higher priority start first',
  },
];

/** Returns the options of a collection in the order of their names, in which n8n requires them. */
export const sorted = (...options: INodeProperties[]) =>
  options.toSorted((one, other) => one.displayName.localeCompare(other.displayName));
