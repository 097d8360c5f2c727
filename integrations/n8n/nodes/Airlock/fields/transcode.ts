import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { shownFor } from './resource';
import { createOptions, jobOptions, sorted, sourceFields, waitField, waitOptions } from './source';

const formats: INodePropertyOptions[] = [
  ...['mp4', 'webm', 'mov', 'avi', 'mkv'],
  ...['mp3', 'm4a', 'aac', 'wav', 'ogg', 'opus', 'flac'],
  ...['jpg', 'png', 'gif', 'webp', 'thumbnails', 'sprite'],
  ...['hls', 'dash', 'cmaf', 'srt', 'vtt'],
].map((value) => ({ name: value.toUpperCase(), value }));

const qualities = [
  { name: 'Default', value: '' },
  { name: 'High', value: 'high' },
  { name: 'Medium', value: 'medium' },
  { name: 'Low', value: 'low' },
];

const resolutions = [
  { name: 'Of the Source', value: '' },
  ...['480p', '720p', '1080p', '4k'].map((value) => ({ name: value, value })),
];

const operations = ['create', 'validate'];
const requests = ['transcode', 'batch'];
const request = shownFor(requests, operations);

const outputFields: INodeProperties[] = [
  {
    displayName: 'Output',
    name: 'outputMode',
    type: 'options',
    options: [
      { name: 'JSON', value: 'json', description: 'Every field of the API' },
      { name: 'One Output', value: 'one' },
      { name: 'Several Outputs', value: 'several', description: 'Up to ten outputs from one decode' },
      { name: 'Template', value: 'template', description: 'Request that is stored on the server' },
    ],
    default: 'one',
    displayOptions: request,
  },
  {
    displayName: 'Format',
    name: 'format',
    type: 'options',
    options: formats,
    default: 'mp4',
    displayOptions: shownFor(requests, operations, { outputMode: ['one'] }),
  },
  {
    displayName: 'Quality',
    name: 'quality',
    type: 'options',
    options: qualities,
    default: '',
    displayOptions: shownFor(requests, operations, { outputMode: ['one'] }),
  },
  {
    displayName: 'Resolution',
    name: 'resolution',
    type: 'options',
    options: resolutions,
    default: '',
    description: 'Short side of the frame. Airlock never scales up.',
    displayOptions: shownFor(requests, operations, { outputMode: ['one'] }),
  },
  {
    displayName: 'Template Name or ID',
    name: 'template',
    type: 'options',
    typeOptions: { loadOptionsMethod: 'getTemplates' },
    required: true,
    default: '',
    description:
      'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
    displayOptions: shownFor(requests, operations, { outputMode: ['template'] }),
  },
  {
    displayName: 'Request',
    name: 'request',
    type: 'json',
    default: '{\n  "output_format": "mp4",\n  "options": [{ "option": "-vf", "argument": "scale=640:-2" }]\n}',
    description: 'Fields of <code>POST /v1/transcodes</code>, without <code>inputs</code>',
    displayOptions: shownFor(requests, operations, { outputMode: ['json'] }),
  },
  {
    displayName: 'Outputs',
    name: 'outputs',
    type: 'fixedCollection',
    typeOptions: { multipleValues: true, maxValue: 10 },
    placeholder: 'Add Output',
    default: { output: [{ format: 'mp4' }] },
    options: [
      {
        displayName: 'Output',
        name: 'output',
        values: [
          {
            displayName: 'Bit Rate',
            name: 'bitrate',
            type: 'string',
            default: '',
            placeholder: 'e.g. 900k',
            description: 'Average bit rate, instead of a quality',
          },
          { displayName: 'Format', name: 'format', type: 'options', options: formats, default: 'mp4' },
          {
            displayName: 'Name',
            name: 'name',
            type: 'string',
            default: '',
            description: 'Lower-case letters, digits and hyphens. Defaults to the format.',
          },
          {
            displayName: 'Other Fields',
            name: 'more',
            type: 'json',
            default: '{}',
            description:
              'Other fields of the output as JSON, such as <code>every_seconds</code> or <code>ladder</code>',
          },
          { displayName: 'Quality', name: 'quality', type: 'options', options: qualities, default: '' },
          { displayName: 'Resolution', name: 'resolution', type: 'options', options: resolutions, default: '' },
        ],
      },
    ],
    displayOptions: shownFor(requests, operations, { outputMode: ['several'] }),
  },
];

const specific: INodeProperties[] = [
  {
    displayName: 'FFmpeg Options',
    name: 'ffmpegOptions',
    type: 'json',
    default: '[]',
    placeholder: '[{ "option": "-vf", "argument": "hflip" }]',
    description: 'Options of the output as JSON, instead of a quality and a resolution',
  },
  {
    displayName: 'Require Remuxing',
    name: 'disarm',
    type: 'boolean',
    default: true,
    description: 'Whether to fail the job unless Airlock can remux every input before FFmpeg reads it',
  },
];

export const transcodeFields: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: [
      { name: 'Cancel', value: 'cancel', action: 'Cancel a transcode' },
      { name: 'Create', value: 'create', action: 'Create a transcode' },
      { name: 'Create Playback URLs', value: 'playback', action: 'Create playback links of a transcode' },
      { name: 'Download', value: 'download', action: 'Download an output of a transcode' },
      {
        name: 'Erase',
        value: 'erase',
        action: 'Erase a transcode',
        description: 'Delete now its outputs, and the uploads that no other unfinished job needs',
      },
      { name: 'Get', value: 'get', action: 'Get a transcode' },
      { name: 'Get Many', value: 'getAll', action: 'Get many transcodes' },
      { name: 'Get Receipt', value: 'receipt', action: 'Get the receipt of an erased transcode' },
      {
        name: 'Validate',
        value: 'validate',
        action: 'Validate a request',
        description: 'Check a request without running it',
      },
      { name: 'Wait', value: 'wait', action: 'Wait until a transcode has ended' },
    ],
    default: 'create',
    displayOptions: { show: { resource: ['transcode'] } },
  },
  ...sourceFields(request),
  ...outputFields,
  waitField(shownFor(requests, ['create'])),
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: sorted(...createOptions, ...jobOptions, ...specific, ...waitOptions),
    displayOptions: shownFor('transcode', ['create']),
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: sorted(...jobOptions, ...specific),
    displayOptions: shownFor('transcode', ['validate']),
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: [
      {
        displayName: 'Expires In',
        name: 'expiresIn',
        type: 'number',
        typeOptions: { minValue: 60, maxValue: 86400 },
        default: 21600,
        description: 'Seconds until the URLs expire',
      },
      {
        displayName: 'Output',
        name: 'output',
        type: 'string',
        default: '',
        description: 'Name of the ladder. Required if the job has several ladders.',
      },
    ],
    displayOptions: shownFor('transcode', ['playback']),
  },
];
