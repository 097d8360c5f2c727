import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { PlanInput } from '../../types.ts';
import type { OutputContext, Producer } from '../producer.ts';
import { planPreview } from './plan-preview.ts';
import { planStill } from './plan-still.ts';
import { planTiles } from './plan-tiles.ts';
import { planWaveform } from './plan-waveform.ts';

/**
 * Plans a still, a preview, a waveform, thumbnails or a sprite. Returns null for other outputs. Throws `JobFailure` if the input does not
 * allow the output.
 */
export function planPicture(request: TranscodeRequest, input: PlanInput, ctx: OutputContext): Producer | null {
  const { still, preview, waveform, tiles } = request;
  if (tiles) return planTiles({ ...request, tiles }, input, ctx);
  if (still) return planStill({ ...request, still }, input, ctx);
  if (preview) return planPreview({ ...request, preview }, input, ctx);
  if (waveform) return planWaveform({ ...request, waveform }, input, ctx);
  return null;
}
