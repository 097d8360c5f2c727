/** What the sanitizer found in the packets of one stream of a container that it has remuxed. */
export interface StreamPackets {
  /** Index in the file, as `VideoStream.index`. */
  index: number;
  /** Codec as the container declares it, in FFmpeg's terms. */
  codec: string;
  count: number;
  /** Bytes of all packets. */
  bytes: number;
  /** From the first packet's time to the end of the last. */
  seconds: number;
  /** Presentation time of the first picture or sample. */
  startSeconds: number;
  /** Whether everything in the packets is presented, apart from the delay of an audio encoder at the start. */
  isFullyPresented: boolean;
  /** Whether decoding times rise with every packet, and no picture is presented before its decoding time. */
  isOrdered: boolean;
  /** Whether the container presents it as it is: no rotation, mirroring, cropping, HDR or other description. */
  isPlain: boolean;
  /** Video: whether the first packet is a key frame, and the longest distance from one key frame to the next, or to the end. */
  startsWithKey: boolean;
  keyDistance: { packets: number; seconds: number };
  /** Only for H.264. */
  h264: H264Packets | null;
}

/** What a scan of all packets of an H.264 stream found. */
export interface H264Packets {
  /** 10 times the level. */
  level: number;
  /** Whether all packets use the only parameter sets that the container declares, and contain only plain slices. */
  isUniform: boolean;
  /** Whether no picture refers to one before the last key frame. */
  isClosed: boolean;
  /** Supplemental information (SEI): free data of the encoder alone, timing alone, or anything else. */
  supplement: 'none' | 'data' | 'timing' | 'other';
}
