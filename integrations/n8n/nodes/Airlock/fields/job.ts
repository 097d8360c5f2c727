import type { INodeProperties } from 'n8n-workflow';
import { shownFor } from './resource';
import { waitOptions } from './source';

const jobs = ['transcode', 'transcription', 'blueprintRun'];
const lists = [...jobs, 'batch', 'blueprint', 'upload', 'webhook'];

/** The fields of the operations that all kinds of jobs have, and of all lists. */
export const jobFields: INodeProperties[] = [
  {
    displayName: 'ID',
    name: 'jobId',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. 0193a6c2-7d2a-7c3e-9f00-2b8d5a6c1e4f',
    displayOptions: shownFor(jobs, ['cancel', 'continue', 'download', 'erase', 'get', 'playback', 'receipt', 'wait']),
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    default: false,
    description: 'Whether to return all results or only up to a given limit',
    displayOptions: shownFor(lists, ['getAll']),
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: { minValue: 1 },
    default: 50,
    description: 'Max number of results to return',
    displayOptions: shownFor(lists, ['getAll'], { returnAll: [false] }),
  },
  {
    displayName: 'Filters',
    name: 'filters',
    type: 'collection',
    placeholder: 'Add Filter',
    default: {},
    options: [
      { displayName: 'Changed After', name: 'since', type: 'dateTime', default: '' },
      { displayName: 'Changed Before', name: 'until', type: 'dateTime', default: '' },
      {
        displayName: 'Status',
        name: 'status',
        type: 'options',
        options: [
          { name: 'Canceled', value: 'canceled' },
          { name: 'Completed', value: 'completed' },
          { name: 'Failed', value: 'failed' },
          { name: 'Pending', value: 'pending' },
          { name: 'Processing', value: 'processing' },
        ],
        default: 'completed',
      },
    ],
    displayOptions: shownFor(jobs, ['getAll']),
  },
  {
    displayName: 'Put Output File in Field',
    name: 'outputBinaryField',
    type: 'string',
    required: true,
    default: 'data',
    hint: 'The name of the output binary field to put the file in',
    displayOptions: shownFor(jobs, ['download']),
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: [
      {
        displayName: 'File',
        name: 'file',
        type: 'string',
        default: '',
        placeholder: 'e.g. master.m3u8',
        description: 'Path of one file of an output that has many. By default, the node downloads a zip of all files.',
      },
      {
        displayName: 'File Name',
        name: 'fileName',
        type: 'string',
        default: '',
        description: 'Name of the binary in n8n',
      },
      {
        displayName: 'Output',
        name: 'output',
        type: 'string',
        default: '',
        description: 'Name of the output. Required if the job has several outputs.',
      },
    ],
    displayOptions: shownFor(jobs, ['download']),
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: waitOptions,
    displayOptions: shownFor([...jobs, 'batch'], ['wait']),
  },
];
