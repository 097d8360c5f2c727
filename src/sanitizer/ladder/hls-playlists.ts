import {
  type CutAudio,
  type CutStream,
  type CutText,
  type CutVideo,
  INIT_NAME,
  segmentName,
  TEXT_NAME,
} from './types.ts';

/*
 * Playlists of HTTP Live Streaming (RFC 8216, and Apple's HLS Authoring Specification where the RFC allows alternatives). Airlock generates
 * every name in the playlists.
 */

/**
 * Version of the playlists. Fragmented MP4 requires at least version 6, and I-frame playlists with `EXT-X-MAP` require at least version 5.
 */
const VERSION = 7;
const MEDIA_PLAYLIST = 'index.m3u8';
const KEY_FRAME_PLAYLIST = 'iframes.m3u8';
/** URI of the key, which clients resolve against the media playlist. The file is never stored. */
const KEY_URI = '../key.bin';

export interface LadderStreams {
  videos: readonly CutVideo[];
  audio: CutAudio | null;
  text: CutText | null;
}

export interface TextFile {
  /** Path in the ladder. */
  path: string;
  text: string;
}

/** Returns all playlists of a ladder. An encrypted ladder has no I-frame playlists, because a part of a segment cannot be decrypted. */
export function hlsPlaylists({ videos, audio, text }: LadderStreams, isEncrypted: boolean): TextFile[] {
  const files = [{ path: 'master.m3u8', text: masterPlaylist({ videos, audio, text }, isEncrypted) }];
  if (text) files.push({ path: `${text.name}/${MEDIA_PLAYLIST}`, text: textPlaylist(text, isEncrypted) });
  for (const stream of [...videos, ...(audio ? [audio] : [])]) {
    files.push({ path: `${stream.name}/${MEDIA_PLAYLIST}`, text: mediaPlaylist(stream, isEncrypted) });
  }
  if (isEncrypted) return files;
  for (const video of videos) {
    files.push({ path: `${video.name}/${KEY_FRAME_PLAYLIST}`, text: keyFramePlaylist(video) });
  }
  return files;
}

/** Returns the master playlist. The smallest rendition is first, because many players begin with the first rendition. */
function masterPlaylist({ videos, audio, text }: LadderStreams, isEncrypted: boolean): string {
  const ascending = [...videos].sort((a, b) => a.peak - b.peak);
  return lines([
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(audio ? [audioLine(audio)] : []),
    ...(text ? [textLine(text)] : []),
    ...ascending.flatMap((video) => [variantLine(video, { audio, text }), `${video.name}/${MEDIA_PLAYLIST}`]),
    ...(isEncrypted ? [] : ascending.map(keyFrameLine)),
  ]);
}

function audioLine({ channels, language, name }: CutAudio): string {
  const attributes = [
    'TYPE=AUDIO',
    'GROUP-ID="audio"',
    'NAME="Main"',
    ...(language === null ? [] : [`LANGUAGE="${language}"`]),
    'DEFAULT=YES',
    'AUTOSELECT=YES',
    `CHANNELS="${channels}"`,
    `URI="${name}/${MEDIA_PLAYLIST}"`,
  ];
  return `#EXT-X-MEDIA:${attributes.join(',')}`;
}

function textLine({ name }: CutText): string {
  const attributes = ['TYPE=SUBTITLES', 'GROUP-ID="subtitles"', 'NAME="Subtitles"', 'DEFAULT=NO', 'AUTOSELECT=YES'];
  return `#EXT-X-MEDIA:${[...attributes, 'FORCED=NO', `URI="${name}/${MEDIA_PLAYLIST}"`].join(',')}`;
}

function variantLine(video: CutVideo, { audio, text }: Omit<LadderStreams, 'videos'>): string {
  const { bandwidth, averageBandwidth, codecs, frameRate } = withAudio(video, audio);
  const attributes = [
    `BANDWIDTH=${bandwidth}`,
    `AVERAGE-BANDWIDTH=${averageBandwidth}`,
    `CODECS="${codecs}"`,
    `RESOLUTION=${video.width}x${video.height}`,
    `FRAME-RATE=${frameRate.toFixed(3)}`,
    ...(audio ? ['AUDIO="audio"'] : []),
    ...(text ? ['SUBTITLES="subtitles"'] : []),
    'CLOSED-CAPTIONS=NONE',
  ];
  return `#EXT-X-STREAM-INF:${attributes.join(',')}`;
}

/** Returns the attributes that a client needs to play a rendition together with the audio. */
export function withAudio(video: CutVideo, audio: CutAudio | null) {
  return {
    bandwidth: video.peak + (audio?.peak ?? 0),
    averageBandwidth: video.average + (audio?.average ?? 0),
    codecs: [video.codecs, ...(audio ? [audio.codecs] : [])].join(','),
    frameRate: video.frameRate.num / video.frameRate.den,
  };
}

function keyFrameLine({ keyFrames, timescale, codecs, width, height, name }: CutVideo): string {
  const rates = keyFrames.map(({ bytes, duration }) => (8 * bytes * timescale) / duration);
  const attributes = [
    `BANDWIDTH=${Math.ceil(Math.max(...rates))}`,
    `CODECS="${codecs}"`,
    `RESOLUTION=${width}x${height}`,
    `URI="${name}/${KEY_FRAME_PLAYLIST}"`,
  ];
  return `#EXT-X-I-FRAME-STREAM-INF:${attributes.join(',')}`;
}

/**
 * Returns the playlist of a stream. The key applies to the segments after it, so the initialization section is not encrypted. The
 * initialization vector is the segment's number.
 */
function mediaPlaylist({ segments, timescale }: CutStream, isEncrypted: boolean): string {
  const seconds = segments.map(({ duration }) => duration / timescale);
  return lines([
    ...playlistHead(seconds),
    `#EXT-X-MAP:URI="${INIT_NAME}"`,
    ...keyLines(isEncrypted),
    ...seconds.flatMap((length, index) => [`#EXTINF:${decimals(length)},`, segmentName(index)]),
    '#EXT-X-ENDLIST',
  ]);
}

/**
 * Returns the playlist of the subtitles. Their only segment may last as long as the video, because RFC 8216, 6.2.4 allows subtitles to have
 * their own target duration.
 */
function textPlaylist({ seconds }: CutText, isEncrypted: boolean): string {
  return lines([
    ...playlistHead([seconds]),
    ...keyLines(isEncrypted),
    `#EXTINF:${decimals(seconds)},`,
    TEXT_NAME,
    '#EXT-X-ENDLIST',
  ]);
}

function keyLines(isEncrypted: boolean): string[] {
  return isEncrypted ? [`#EXT-X-KEY:METHOD=AES-128,URI="${KEY_URI}"`] : [];
}

function keyFramePlaylist({ keyFrames, timescale }: CutVideo): string {
  const seconds = keyFrames.map(({ duration }) => duration / timescale);
  return lines([
    ...playlistHead(seconds),
    '#EXT-X-I-FRAMES-ONLY',
    `#EXT-X-MAP:URI="${INIT_NAME}"`,
    ...keyFrames.flatMap(({ segment, offset, bytes }, index) => [
      `#EXTINF:${decimals(seconds[index]!)},`,
      `#EXT-X-BYTERANGE:${bytes}@${offset}`,
      segmentName(segment),
    ]),
    '#EXT-X-ENDLIST',
  ]);
}

/** Returns the first lines of a playlist. Each `EXTINF`, rounded to whole seconds, must not exceed the target duration. */
function playlistHead(seconds: readonly number[]): string[] {
  const target = Math.max(1, ...seconds.map((length) => Math.round(length)));
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    `#EXT-X-TARGETDURATION:${target}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
}

function decimals(seconds: number): string {
  return seconds.toFixed(6);
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
