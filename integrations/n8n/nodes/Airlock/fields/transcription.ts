import type { INodeProperties } from 'n8n-workflow';
import { shownFor } from './resource';
import { createOptions, jobOptions, sorted, sourceFields, waitField, waitOptions } from './source';

const create = shownFor('transcription', ['create']);

export const transcriptionFields: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: [
      { name: 'Cancel', value: 'cancel', action: 'Cancel a transcription' },
      { name: 'Create', value: 'create', action: 'Create a transcription' },
      { name: 'Download', value: 'download', action: 'Download a transcript' },
      {
        name: 'Erase',
        value: 'erase',
        action: 'Erase a transcription',
        description: 'Delete its transcripts and its upload now',
      },
      { name: 'Get', value: 'get', action: 'Get a transcription' },
      { name: 'Get Many', value: 'getAll', action: 'Get many transcriptions' },
      { name: 'Get Receipt', value: 'receipt', action: 'Get the receipt of an erased transcription' },
      { name: 'Wait', value: 'wait', action: 'Wait until a transcription has ended' },
    ],
    default: 'create',
    displayOptions: { show: { resource: ['transcription'] } },
  },
  ...sourceFields(create),
  {
    displayName: 'Task',
    name: 'task',
    type: 'options',
    options: [
      { name: 'Transcribe', value: 'transcribe', description: 'Keep the language' },
      { name: 'Translate', value: 'translate', description: 'Translate into English' },
    ],
    default: 'transcribe',
    displayOptions: create,
  },
  {
    displayName: 'Formats',
    name: 'formats',
    type: 'multiOptions',
    options: [
      { name: 'JSON', value: 'json' },
      { name: 'SRT', value: 'srt' },
      { name: 'WebVTT', value: 'vtt' },
    ],
    default: ['srt'],
    displayOptions: create,
  },
  waitField(create),
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: sorted(
      {
        displayName: 'Language',
        name: 'language',
        type: 'string',
        default: '',
        placeholder: 'e.g. de',
        description: 'Spoken language. Detected by default.',
      },
      {
        displayName: 'Line Width',
        name: 'maxLine',
        type: 'number',
        typeOptions: { minValue: 20, maxValue: 80 },
        default: 42,
        description: 'Maximum width of a caption line in columns',
      },
      {
        displayName: 'Words',
        name: 'words',
        type: 'boolean',
        default: true,
        description: 'Whether the JSON lists each word with its start and end',
      },
      ...createOptions,
      ...jobOptions,
      ...waitOptions,
    ),
    displayOptions: create,
  },
];
