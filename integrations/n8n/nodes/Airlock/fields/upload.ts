import type { INodeProperties } from 'n8n-workflow';
import { shownFor } from './resource';
import { sourceFields } from './source';

const create = shownFor('upload', ['create']);

export const uploadFields: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: [
      { name: 'Create', value: 'create', action: 'Upload a file' },
      { name: 'Delete', value: 'delete', action: 'Delete an upload' },
      { name: 'Get', value: 'get', action: 'Get an upload' },
      { name: 'Get Many', value: 'getAll', action: 'Get many uploads' },
    ],
    default: 'create',
    displayOptions: { show: { resource: ['upload'] } },
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: [
      {
        name: 'Probe',
        value: 'probe',
        action: 'Probe a file',
        description: 'Describe the streams of a file without a job',
      },
    ],
    default: 'probe',
    displayOptions: { show: { resource: ['media'] } },
  },
  ...sourceFields(shownFor('media', ['probe'])),
  {
    displayName: 'Input Binary Field',
    name: 'binaryPropertyName',
    type: 'string',
    required: true,
    default: 'data',
    hint: 'The name of the input field that contains the file',
    displayOptions: create,
  },
  {
    displayName: 'File Name',
    name: 'uploadName',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. 8f1c…-talk.mp4',
    description: 'The <code>filename</code> that the upload returned',
    displayOptions: shownFor('upload', ['get', 'delete']),
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: [
      {
        displayName: 'Content Type',
        name: 'contentType',
        type: 'string',
        default: '',
        placeholder: 'e.g. video/mp4',
        description: 'Defaults to the type of the binary, or follows from the extension of its name',
      },
      {
        displayName: 'File Name',
        name: 'fileName',
        type: 'string',
        default: '',
        description: 'Defaults to the name of the binary',
      },
    ],
    displayOptions: create,
  },
];
