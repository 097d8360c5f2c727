import { copiedVideoRate } from '../../policy/encoders/copy-limits.ts';
import { lowestLevel } from '../../policy/encoders/h264-levels.ts';
import type { H264Packets, StreamPackets, VideoStream } from '../../types.ts';
import { displaySize, fitShortSide } from '../geometry.ts';
import type { CopyRequest } from './copy-request.ts';
import { timesFault } from './copy-times.ts';

/** Profiles that every H.264 player supports, with FFmpeg's names. */
const PROFILES: readonly string[] = ['Constrained Baseline', 'Main', 'High'];
/** The highest level that every player of the last ten years supports, multiplied by 10. */
const COMMON_LEVEL = 41;
/** Maximum frames per second of any output. */
const MAX_FRAME_RATE = 120;
/** Maximum distance between key frames. Seeking is slow if the distance exceeds both values. By default, x264 writes at most 250 frames. */
const MAX_KEY_DISTANCE = { packets: 250, seconds: 11 };

/** Returns why a preset must encode the video; null = a copy satisfies the preset. */
export function videoFault(stream: VideoStream, packets: StreamPackets | null, request: CopyRequest): string | null {
  if (stream.codec !== 'h264' || packets?.codec !== 'h264' || !packets.h264) return 'The video is not H.264.';
  return (
    shapeFault(stream, request) ??
    timesFault(packets, 'video') ??
    bitstreamFault(packets, packets.h264) ??
    codecFault(stream, packets, packets.h264) ??
    rateFault(stream, packets, request)
  );
}

/** Returns the reason why encoding would change the picture; null if there is no reason. */
function shapeFault(stream: VideoStream, { resolution }: CopyRequest): string | null {
  if (stream.rotation !== 0) return 'The video is rotated.';
  if (stream.sampleAspectRatio !== 1) return 'The video has non-square pixels.';
  if (stream.isInterlaced) return 'The video is interlaced.';
  if (stream.isHdr) return 'The video is HDR.';
  if (stream.colorRange === 'pc') return 'The video has the full range of values.';
  if (stream.pixelFormat !== 'yuv420p') return 'The video has a pixel format that few players read.';
  const size = fitShortSide(displaySize(stream), resolution, true);
  if (size.width !== stream.width || size.height !== stream.height) return 'The size of the video changes.';
  return null;
}

function codecFault(stream: VideoStream, packets: StreamPackets, { level }: H264Packets): string | null {
  if (!PROFILES.includes(stream.profile ?? '')) return 'The video has a profile that not all players read.';
  const rate = frameRateOf(packets);
  const needed = lowestLevel(stream, rate);
  if (rate > MAX_FRAME_RATE || needed === null) return 'The video has too many frames a second.';
  if (level < needed) return 'The video declares a level that is too low for its size and rate.';
  if (level > Math.max(COMMON_LEVEL, needed)) return 'The video declares a level that not all players read.';
  return null;
}

function rateFault(stream: VideoStream, packets: StreamPackets, { quality }: CopyRequest): string | null {
  const bits = (packets.bytes * 8) / packets.seconds;
  const most = copiedVideoRate(quality, stream.width * stream.height * frameRateOf(packets));
  return bits <= most ? null : 'The bit rate of the video is higher than the quality needs.';
}

function bitstreamFault(packets: StreamPackets, h264: H264Packets): string | null {
  const { keyDistance } = packets;
  const isRare = keyDistance.packets > MAX_KEY_DISTANCE.packets && keyDistance.seconds > MAX_KEY_DISTANCE.seconds;
  if (!packets.startsWithKey || isRare) return 'The video has too few key frames.';
  if (!h264.isUniform) return 'The parameters of the video may change, or are not understood.';
  if (!h264.isClosed) return 'Pictures of the video refer to others before a key frame.';
  if (h264.supplement === 'other') return 'The video contains captions or other data.';
  return null;
}

function frameRateOf({ count, seconds }: StreamPackets): number {
  return count / seconds;
}
