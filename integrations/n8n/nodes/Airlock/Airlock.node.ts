import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeProperties,
  type INodeType,
  type INodeTypeDescription,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { getBlueprintInputs, getBlueprints, getTemplates } from './choices';
import { executeAll } from './execute';
import { batchFields } from './fields/batch';
import { blueprintFields } from './fields/blueprint';
import { jobFields } from './fields/job';
import { resourceField } from './fields/resource';
import { transcodeFields } from './fields/transcode';
import { transcriptionFields } from './fields/transcription';
import { uploadFields } from './fields/upload';
import { webhookFields } from './fields/webhook';

const fields: INodeProperties[] = [
  ...transcodeFields,
  ...transcriptionFields,
  ...blueprintFields,
  ...batchFields,
  ...uploadFields,
  ...webhookFields,
  ...jobFields,
];

/**
 * Whether a field selects the operation. These fields come first, because n8n reads the fields in their order, and knows which other fields
 * to show only after it has read the operation.
 */
const isOperation = ({ name }: INodeProperties) => name === 'operation';

/** A node with every operation of Airlock that is useful in a workflow. */
export class Airlock implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Airlock',
    name: 'airlock',
    icon: { light: 'file:../../icons/airlock.svg', dark: 'file:../../icons/airlock.dark.svg' },
    group: ['transform'],
    version: 1,
    subtitle: '={{$parameter["operation"] + ": " + $parameter["resource"]}}',
    description: 'Transcode, transcribe and inspect video and audio on your own Airlock server',
    defaults: { name: 'Airlock' },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'airlockApi', required: true }],
    properties: [resourceField, ...fields.filter(isOperation), ...fields.filter((field) => !isOperation(field))],
  };

  methods = {
    loadOptions: { getTemplates, getBlueprints },
    resourceMapping: { getBlueprintInputs },
  };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    return [await executeAll(this)];
  }
}
