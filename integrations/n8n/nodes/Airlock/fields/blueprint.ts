import type { INodeProperties } from 'n8n-workflow';
import { shownFor } from './resource';
import { createOptions, sorted, waitField, waitOptions } from './source';

const create = shownFor('blueprintRun', ['create']);

export const blueprintFields: INodeProperties[] = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: [{ name: 'Get Many', value: 'getAll', action: 'Get many blueprints' }],
    default: 'getAll',
    displayOptions: { show: { resource: ['blueprint'] } },
  },
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: [
      { name: 'Cancel', value: 'cancel', action: 'Cancel a blueprint run' },
      {
        name: 'Continue',
        value: 'continue',
        action: 'Continue a blueprint run',
        description: 'Continue a run that awaits a review of its subtitles',
      },
      { name: 'Create', value: 'create', action: 'Run a blueprint' },
      { name: 'Download', value: 'download', action: 'Download an output of a blueprint run' },
      {
        name: 'Erase',
        value: 'erase',
        action: 'Erase a blueprint run',
        description: 'Delete now its outputs, its subtitles, and the uploads that no other unfinished job needs',
      },
      { name: 'Get', value: 'get', action: 'Get a blueprint run' },
      { name: 'Get Many', value: 'getAll', action: 'Get many blueprint runs' },
      { name: 'Get Receipt', value: 'receipt', action: 'Get the receipt of an erased blueprint run' },
      { name: 'Wait', value: 'wait', action: 'Wait until a blueprint run has ended or awaits a review' },
    ],
    default: 'create',
    displayOptions: { show: { resource: ['blueprintRun'] } },
  },
  {
    displayName: 'Blueprint Name or ID',
    name: 'blueprint',
    type: 'options',
    typeOptions: { loadOptionsMethod: 'getBlueprints' },
    required: true,
    default: '',
    description:
      'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
    displayOptions: create,
  },
  {
    displayName: 'Inputs',
    name: 'inputs',
    type: 'resourceMapper',
    noDataExpression: true,
    required: true,
    default: { mappingMode: 'defineBelow', value: null },
    typeOptions: {
      loadOptionsDependsOn: ['blueprint'],
      resourceMapper: {
        resourceMapperMethod: 'getBlueprintInputs',
        mode: 'add',
        fieldWords: { singular: 'input', plural: 'inputs' },
        addAllFields: true,
        supportAutoMap: false,
      },
    },
    description: 'A file is a public URL, or the <code>fileUrl</code> of an upload',
    displayOptions: create,
  },
  {
    displayName: 'Subtitles',
    name: 'srtText',
    type: 'string',
    typeOptions: { rows: 6 },
    required: true,
    default: '',
    placeholder: '1\n00:00:00,500 --> 00:00:02,000\nHello.',
    description: 'Reviewed subtitles as SRT',
    displayOptions: shownFor('blueprintRun', ['continue']),
  },
  waitField(shownFor('blueprintRun', ['create', 'continue'])),
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add option',
    default: {},
    options: sorted(...createOptions, ...waitOptions),
    displayOptions: create,
  },
];
