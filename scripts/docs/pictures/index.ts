import { dataFlowPicture } from './data-flow.ts';
import { jobStatesPicture } from './job-states.ts';
import { topologyPicture } from './topology.ts';
import { uploadFlowPicture } from './upload-flow.ts';
import { webhookRetriesPicture } from './webhook-retries.ts';

/** The function that draws each picture of the documentation, by the picture's path below the repository. */
export const PICTURES: Record<string, () => string> = {
  'docs/images/data-flow.svg': dataFlowPicture,
  'docs/images/job-states.svg': jobStatesPicture,
  'docs/images/topology.svg': topologyPicture,
  'docs/images/upload-flow.svg': uploadFlowPicture,
  'docs/images/webhook-retries.svg': webhookRetriesPicture,
};
