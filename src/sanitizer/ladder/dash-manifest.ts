import type { LadderStreams } from './hls-playlists.ts';
import {
  type CutAudio,
  type CutStream,
  type CutText,
  type CutVideo,
  INIT_NAME,
  type Segment,
  TEXT_NAME,
} from './types.ts';

/*
 * The manifest of MPEG-DASH (ISO/IEC 23009-1): one period, a set of representations per video codec, one set of audio, and one set of
 * subtitles. Airlock generates every name in the manifest, so nothing has to be escaped.
 */

const PROFILES = 'urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019';
const CHANNELS = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011';

/**
 * Returns the manifest of a ladder.
 * @param bufferSeconds seconds that a client should buffer before it plays: the length of a segment
 */
export function dashManifest({ videos, audio, text }: LadderStreams, bufferSeconds: number): string {
  const seconds = Math.max(...[...videos, ...(audio ? [audio] : [])].map(lengthOf));
  const codecs = [...new Set(videos.map(familyOf))];
  const sets = codecs.map((codec, index) =>
    videoSet(
      videos.filter((video) => familyOf(video) === codec),
      index,
    ),
  );
  if (audio) sets.push(audioSet(audio, sets.length));
  if (text) sets.push(textSet(text, sets.length));
  return `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="${PROFILES}" type="static" mediaPresentationDuration="${duration(seconds)}" minBufferTime="${duration(bufferSeconds)}">
  <Period id="0" start="PT0S">
${sets.join('\n')}
  </Period>
</MPD>
`;
}

function videoSet(videos: readonly CutVideo[], id: number): string {
  const [width, height] = [Math.max(...videos.map((video) => video.width)), Math.max(...videos.map((v) => v.height))];
  const shared = `segmentAlignment="true" startWithSAP="1" maxWidth="${width}" maxHeight="${height}"`;
  return `    <AdaptationSet id="${id}" contentType="video" mimeType="video/mp4" ${shared}>
${videos.map(videoRepresentation).join('\n')}
    </AdaptationSet>`;
}

function videoRepresentation(video: CutVideo): string {
  const { name, codecs, peak, width, height, frameRate } = video;
  const rate = frameRate.den === 1 ? String(frameRate.num) : `${frameRate.num}/${frameRate.den}`;
  return `      <Representation id="${name}" codecs="${codecs}" bandwidth="${peak}" width="${width}" height="${height}" frameRate="${rate}" sar="1:1">
${segmentTemplate(video)}
      </Representation>`;
}

function audioSet(audio: CutAudio, id: number): string {
  const { name, codecs, peak, channels, sampleRate, language } = audio;
  const lang = language === null ? '' : ` lang="${language}"`;
  return `    <AdaptationSet id="${id}" contentType="audio" mimeType="audio/mp4"${lang} segmentAlignment="true" startWithSAP="1">
      <Representation id="${name}" codecs="${codecs}" bandwidth="${peak}" audioSamplingRate="${sampleRate}">
        <AudioChannelConfiguration schemeIdUri="${CHANNELS}" value="${channels}"/>
${segmentTemplate(audio)}
      </Representation>
    </AdaptationSet>`;
}

/** `media` expands to the file names that `segmentName` returns. */
function segmentTemplate({ name, timescale, segments }: CutStream): string {
  const media = `${name}/segment-$Number%05d$.m4s`;
  return `        <SegmentTemplate timescale="${timescale}" initialization="${name}/${INIT_NAME}" media="${media}" startNumber="1">
          <SegmentTimeline>
${timeline(segments)}
          </SegmentTimeline>
        </SegmentTemplate>`;
}

/** Returns the elements of a timeline. Consecutive segments of the same duration share an element. */
function timeline(segments: readonly Segment[]): string {
  const runs: { duration: number; count: number }[] = [];
  for (const { duration } of segments) {
    const last = runs.at(-1);
    if (last?.duration === duration) last.count += 1;
    else runs.push({ duration, count: 1 });
  }
  return runs
    .map(({ duration, count }, index) => {
      const start = index === 0 ? 't="0" ' : '';
      const repeat = count > 1 ? ` r="${count - 1}"` : '';
      return `            <S ${start}d="${duration}"${repeat}/>`;
    })
    .join('\n');
}

/** Returns the codec without its parameters: `avc1.64001f` → `avc1`. */
function familyOf({ codecs }: CutVideo): string {
  return codecs.split('.')[0]!;
}

function lengthOf({ segments, timescale }: CutStream): number {
  return segments.reduce((sum, segment) => sum + segment.duration, 0) / timescale;
}

/** Formats a duration (ISO 8601), rounded to milliseconds. */
function duration(seconds: number): string {
  return `PT${Number(seconds.toFixed(3))}S`;
}

/** Returns the set of subtitles. Its representation is one file for the entire period. */
function textSet({ name, bytes, seconds }: CutText, id: number): string {
  const bandwidth = Math.max(1, Math.ceil((8 * bytes) / seconds));
  return `    <AdaptationSet id="${id}" contentType="text" mimeType="text/vtt" lang="und">
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>
      <Representation id="${name}" bandwidth="${bandwidth}">
        <BaseURL>${name}/${TEXT_NAME}</BaseURL>
      </Representation>
    </AdaptationSet>`;
}
