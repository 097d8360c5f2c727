import type { ProbeAnswer, ProbedStream } from '../../contract/probe.ts';

const video: ProbedStream = {
  ...{ index: 0, type: 'video', codec: 'h264', profile: 'High', bit_rate: 4_500_000, duration_seconds: 90 },
  ...{ is_default: true, language: null, width: 1920, height: 1080, display_width: 1920, display_height: 1080 },
  ...{ rotation: 0, fps: 25, frames: 2250, pixel_format: 'yuv420p', bit_depth: 8 },
  ...{ color_transfer: 'bt709', color_primaries: 'bt709', color_space: 'bt709', color_range: 'tv' },
  ...{ is_hdr: false, is_interlaced: false, has_alpha: false, is_cover: false, channels: null, sample_rate: null },
};

const audio: ProbedStream = {
  ...{ index: 1, type: 'audio', codec: 'aac', profile: 'LC', bit_rate: 128_000, duration_seconds: 90 },
  ...{ is_default: true, language: 'eng', width: null, height: null, display_width: null, display_height: null },
  ...{ rotation: null, fps: null, frames: null, pixel_format: null, bit_depth: null },
  ...{ color_transfer: null, color_primaries: null, color_space: null, color_range: null },
  ...{ is_hdr: null, is_interlaced: null, has_alpha: null, is_cover: null, channels: 2, sample_rate: 48_000 },
};

export const PROBED: ProbeAnswer = {
  format: 'mov,mp4,m4a,3gp,3g2,mj2',
  duration_seconds: 90,
  size_bytes: 52_428_800,
  bit_rate: 4_660_337,
  streams: [video, audio],
  subtitle_count: 0,
  container: 'rewritten',
};

/** Examples of a probe, by the name of their schema. */
export const PROBE_EXAMPLES: Readonly<Record<string, unknown>> = {
  ProbeRequest: { url: 'https://example.org/talk.mp4' },
  ProbeAnswer: PROBED,
};
