/** What the sanitizer has measured in the packets of one stream, in a container that it has remuxed. */
export interface StreamPackets {
  /** Index in the file, as `VideoStream.index`. */
  index: number;
  /** Codec that the container declares, in FFmpeg's terms. */
  codec: string;
  count: number;
  /** Bytes of all packets. */
  bytes: number;
  /** Seconds from the time of the first packet to the end of the last packet. */
  seconds: number;
  /** Presentation time of the first picture or sample, in seconds. */
  startSeconds: number;
  /** Whether everything in the packets is presented, apart from the delay of an audio encoder at the start. */
  isFullyPresented: boolean;
  /** Whether decoding times rise with every packet, and no picture is presented before its decoding time. */
  isOrdered: boolean;
  /** Whether the container presents the stream unchanged: without rotation, mirroring, cropping, HDR or another description. */
  isPlain: boolean;
  /**
   * For video: whether the first packet is a key frame. `keyDistance` is the longest distance from a key frame to the next key frame or to
   * the end.
   */
  startsWithKey: boolean;
  keyDistance: { packets: number; seconds: number };
  /** Null for codecs other than H.264. */
  h264: H264Packets | null;
}

/** Results of a scan of all packets of an H.264 stream. */
export interface H264Packets {
  /** The level of H.264, multiplied by 10. */
  level: number;
  /** Whether all packets use the only parameter sets that the container declares, and contain only plain slices. */
  isUniform: boolean;
  /** Whether every group of pictures is closed: no picture refers to a picture before the key frame of its group. */
  isClosed: boolean;
  /** Supplemental information (SEI) in the stream: none, only free data of the encoder, only timing, or anything else. */
  supplement: 'none' | 'data' | 'timing' | 'other';
}
