import type { INodeProperties } from 'n8n-workflow';

export const resourceField: INodeProperties = {
  displayName: 'Resource',
  name: 'resource',
  type: 'options',
  noDataExpression: true,
  options: [
    { name: 'Batch', value: 'batch', description: 'Up to 100 transcodes, created together' },
    { name: 'Blueprint', value: 'blueprint', description: 'Ready-made recipe for a video' },
    { name: 'Blueprint Run', value: 'blueprintRun', description: 'Video that a blueprint makes' },
    { name: 'Media', value: 'media', description: 'Properties of a file' },
    { name: 'Transcode', value: 'transcode', description: 'Job that converts video, audio or pictures' },
    { name: 'Transcription', value: 'transcription', description: 'Job that turns speech into captions' },
    { name: 'Upload', value: 'upload', description: 'File in the storage of Airlock' },
    { name: 'Webhook', value: 'webhook', description: 'URL to which Airlock sends events' },
  ],
  default: 'transcode',
};

/** Returns the display options of a field that is shown only for some operations of a resource. */
export function shownFor(resource: string | string[], operation: string[], more: Record<string, unknown[]> = {}) {
  return { show: { resource: [resource].flat(), operation, ...more } } as INodeProperties['displayOptions'];
}
