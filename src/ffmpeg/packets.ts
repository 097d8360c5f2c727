/** The findings of the sanitizer about the packets of one stream, in a container that it has remuxed. */
export interface StreamPackets {
  /** Index in the file, as `VideoStream.index`. */
  index: number;
  /** Codec that the container declares, in FFmpeg's terms. */
  codec: string;
  count: number;
  /** Bytes of all packets. */
  bytes: number;
  /** From the time of the first packet to the end of the last packet. */
  seconds: number;
  /** Presentation time of the first picture or sample. */
  startSeconds: number;
  /** Whether everything in the packets is presented, apart from the delay of an audio encoder at the start. */
  isFullyPresented: boolean;
  /** Whether decoding times rise with every packet, and no picture is presented before its decoding time. */
  isOrdered: boolean;
  /** Whether the container presents the stream unchanged: no rotation, mirroring, cropping, HDR or other description. */
  isPlain: boolean;
  /** Video: whether the first packet is a key frame, and the longest distance from a key frame to the next key frame or to the end. */
  startsWithKey: boolean;
  keyDistance: { packets: number; seconds: number };
  /** Only for H.264. */
  h264: H264Packets | null;
}

/** The findings of a scan of all packets of an H.264 stream. */
export interface H264Packets {
  /** 10 times the level. */
  level: number;
  /** Whether all packets use the only parameter sets that the container declares, and contain only plain slices. */
  isUniform: boolean;
  /** Whether no picture refers to a picture before the last key frame. */
  isClosed: boolean;
  /** Supplemental information (SEI): only free data of the encoder, only timing, or anything else. */
  supplement: 'none' | 'data' | 'timing' | 'other';
}
