import type { VideoStream } from '../../types.ts';

/** Bitstream filters that remove the matrix from the headers of a codec. */
const HEADER_FILTERS: Readonly<Record<string, string>> = {
  h264: 'h264_metadata=matrix_coefficients=2',
  hevc: 'hevc_metadata=matrix_coefficients=2',
  av1: 'av1_metadata=matrix_coefficients=2',
  vp9: 'vp9_metadata=color_space=unknown',
  mpeg2video: 'mpeg2_metadata=matrix_coefficients=2',
};

/** Returns the input options that remove undefined matrices. FFmpeg rejects frames with such a matrix before the first filter. */
export function withoutReservedMatrix(streams: readonly VideoStream[]): string[] {
  return streams
    .filter(({ colorSpace }) => colorSpace === 'reserved')
    .flatMap(({ index, codec }) => {
      const filter = HEADER_FILTERS[codec];
      // Decoders of other codecs take the matrix from the container, or from this option.
      return filter ? [`-bsf:${index}`, filter] : [`-colorspace:${index}`, 'unknown'];
    });
}
