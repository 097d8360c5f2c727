import { JobFailure } from '../../src/contract/failures.ts';
import { MAX_STREAMS, parseProbe } from '../../src/ffmpeg/probe/probe.ts';
import { etaSeconds, ProgressReader, type ProgressReport, progressFraction } from '../../src/ffmpeg/run/progress.ts';
import { errorCode, parseListPage } from '../../src/storage/s3/responses.ts';
import type { Random } from '../../testkit/random.ts';
import { faultOf, measure } from './bounds.ts';
import { type Campaign, count } from './campaign.ts';
import { anyText } from './texts.ts';

/** Maximum number of milliseconds of processor time for one document. A slow document is measured again. */
const MAX_MS = 100;
const DEMUXERS = ['mov', 'matroska', 'gif', 'apng', 'png_pipe', 'mp3', 'mpegts'];

/** Fuzzes the readers of the output of FFmpeg, ffprobe and a storage. They must read or reject any output immediately. */
export const READERS: Campaign = {
  cases: 300_000,
  async open() {
    const tally: Record<string, number> = {};
    return {
      tally,
      async one(random) {
        const kind = random.pick(['progress', 'probe', 'xml'] as const);
        count(tally, kind);
        if (kind === 'progress') return progressFaults(random);
        if (kind === 'probe') return probeFaults(random, tally);
        return xmlFaults(random, tally);
      },
      async close() {},
    };
  },
};

/** Runs the function, up to three times if it seems slow. `accepts` checks the error that it throws. */
function timed(what: string, run: () => void, accepts: (error: unknown) => boolean): string[] {
  const { result, ms } = measure(() => {
    try {
      run();
      return null;
    } catch (error) {
      return accepts(error) ? null : `${what} throws ${faultOf(error)}`;
    }
  }, MAX_MS);
  if (result !== null) return [result];
  return ms > MAX_MS ? [`${what} takes ${Math.round(ms)} ms`] : [];
}

const HUGE = [
  '9'.repeat(400),
  '1e999',
  '-1',
  'NaN',
  'Infinity',
  '0x7fffffff',
  '18446744073709551615',
  '1.7976931348623157e308',
  'N/A',
  '',
  '00000',
  '1e-400',
  '٣',
  '1_000',
];
const KEYS = [
  'frame',
  'fps',
  'bitrate',
  'total_size',
  'out_time_us',
  'out_time_ms',
  'out_time',
  'speed',
  'progress',
  '__proto__',
  'constructor',
  'dup_frames',
];

function progressText(random: Random): string {
  return random
    .times(random.int(0, 40), () => {
      if (random.chance(0.1)) return anyText(random, 60);
      if (random.chance(0.02)) return 'x'.repeat(random.int(4000, 50_000));
      const key = random.pick(KEYS);
      const value =
        key === 'progress' && random.chance(0.7)
          ? random.pick(['continue', 'end'])
          : random.pick([
              random.pick(HUGE),
              String(random.int(-5, 1e9)),
              `${random.next() * 99}x`,
              anyText(random, 12),
            ]);
      return `${key}${random.chance(0.95) ? '=' : random.pick(['', ' = ', '=='])}${value}`;
    })
    .join(random.pick(['\n', '\n', '\n', '\r\n', '\n\n']));
}

function progressFaults(random: Random): string[] {
  const text = Buffer.from(`${progressText(random)}\n`, random.pick(['utf8', 'latin1', 'utf16le'] as const));
  const complete: ProgressReport[] = [];
  const pieces: ProgressReport[] = [];
  const faults = timed(
    'the -progress reader',
    () => {
      complete.length = 0;
      new ProgressReader((report) => complete.push(report)).feed(text);
    },
    () => false,
  );
  const reader = new ProgressReader((report) => pieces.push(report));
  for (let at = 0; at < text.length; ) {
    const length = random.chance(0.5) ? 1 : random.int(1, 5000);
    reader.feed(text.subarray(at, at + length));
    at += length;
  }
  if (JSON.stringify(complete) !== JSON.stringify(pieces))
    faults.push('the -progress reader depends on where chunks end');
  for (const report of complete) {
    const { ended, ...numbers } = report;
    for (const [name, value] of Object.entries(numbers)) {
      if (value !== null && !(Number.isFinite(value) && value >= 0)) faults.push(`progress says ${name} is ${value}`);
    }
    if (typeof ended !== 'boolean') faults.push('progress does not say whether it ended');
    const share = progressFraction(report.outTimeSeconds, random.pick([null, 0, 1, 1e-9, 1e300]));
    if (share !== null && !(share >= 0 && share <= 1)) faults.push(`a share of ${share}`);
    const eta = etaSeconds(report.outTimeSeconds, random.pick([null, 0, 1, 1e300]), report.speed);
    if (eta !== null && !(eta >= 0)) faults.push(`an estimate of ${eta}`);
  }
  return faults;
}

const PROBE = {
  streams: [
    {
      index: 0,
      codec_name: 'h264',
      codec_type: 'video',
      width: 320,
      height: 180,
      pix_fmt: 'yuv420p',
      sample_aspect_ratio: '1:1',
      r_frame_rate: '25/1',
      avg_frame_rate: '25/1',
      duration: '1.0',
      disposition: { default: 1 },
      side_data_list: [{ rotation: -90 }],
      tags: { language: 'und' },
    },
    {
      index: 1,
      codec_name: 'aac',
      codec_type: 'audio',
      sample_rate: '44100',
      channels: 2,
      bits_per_sample: 0,
      duration: '1.0',
      disposition: { default: 1 },
    },
  ],
  format: { format_name: 'mov,mp4', duration: '1.000', size: '4242', bit_rate: '33936', nb_streams: 2 },
};

/** Returns a value of a type that the document does not allow. */
function wrong(random: Random): unknown {
  return random.pick<() => unknown>([
    () => random.pick(HUGE),
    () => random.pick([1e308, -1, 0.5, 2 ** 53, -0, null, true, false]),
    () => anyText(random, 30),
    () => [],
    () => ({}),
    () => random.times(random.int(0, 100), () => random.int(0, 9)),
    () => ({ __proto__: null, toString: 1, rotation: { a: 1 }, length: -1 }),
    () => `${random.int(0, 1e9)}/${random.int(0, 3)}`,
    () => `${random.int(0, 1e9)}:${random.int(0, 3)}`,
    () => 'x'.repeat(random.int(1, 100_000)),
    () => Array.from({ length: random.int(60, 5000) }, () => ({ codec_type: 'video', width: 1e6 })),
  ])();
}

/** Replaces, removes or adds a few values anywhere in a document. */
function spoiled(random: Random, value: unknown): unknown {
  if (random.chance(0.05)) return wrong(random);
  if (Array.isArray(value)) {
    const list = value.map((each) => spoiled(random, each));
    if (random.chance(0.05)) list.push(...list);
    return list;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, each]) =>
    random.chance(0.03) ? [] : [[key, spoiled(random, each)]],
  );
  if (random.chance(0.05)) entries.push([anyText(random, 10), wrong(random)]);
  return Object.fromEntries(entries);
}

function probeFaults(random: Random, tally: Record<string, number>): string[] {
  let json = JSON.stringify(spoiled(random, PROBE)) ?? '';
  if (random.chance(0.2))
    json = json.slice(0, random.int(0, json.length)) + random.pick(['', '}', ']', anyText(random, 8)]);
  if (random.chance(0.01)) json = '['.repeat(200_000);
  const faults = timed(
    'the probe reader',
    () => {
      const info = parseProbe(json, { sizeBytes: random.int(0, 1e9), demuxer: random.pick(DEMUXERS) });
      count(tally, 'probe read');
      const bad: string[] = [];
      check('probe', info, bad);
      if (info.video.length + info.audio.length > MAX_STREAMS + 1) bad.push('more streams than may be');
      if (bad.length > 0) throw new Error(bad.join('; '));
    },
    (error) => error instanceof JobFailure && error.code === 'invalid_media',
  );
  return faults;
}

/** Checks that every number is finite and not negative, and that every text is short and plain. */
function check(path: string, value: unknown, faults: string[]): void {
  if (typeof value === 'number' && !(Number.isFinite(value) && value >= 0)) faults.push(`${path} is ${value}`);
  if (typeof value === 'string' && !/^[\w:.,+() /@-]{0,64}$/.test(value))
    faults.push(`${path} is the text ${JSON.stringify(value.slice(0, 80))}`);
  if (typeof value === 'object' && value !== null)
    for (const [key, each] of Object.entries(value)) check(`${path}.${key}`, each, faults);
}

const LIST = `<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a%2Fb</Key><Size>5</Size><LastModified>2026-11-24T00:00:00.000Z</LastModified></Contents><Contents><Key>c&amp;d</Key><Size>0</Size><LastModified>2026-11-24T00:00:00.000Z</LastModified></Contents><NextContinuationToken>x</NextContinuationToken></ListBucketResult>`;
const XML_PARTS = [
  '<Contents>',
  '</Contents>',
  '<Key>',
  '</Key>',
  '<Size>',
  '&#x110000;',
  '&#9999999;',
  '&#0;',
  '&amp;',
  '&lol;',
  '<!DOCTYPE a [<!ENTITY x "y">]>',
  ']]>',
  '<![CDATA[',
  '%zz',
  '%',
  '-1',
  '1e99',
  '<Code>',
  '</Code>',
  '<ListBucketResult',
];

function xmlFaults(random: Random, tally: Record<string, number>): string[] {
  let xml = random.chance(0.2) ? '<ListBucketResult>' : LIST;
  for (let left = random.int(1, 6); left > 0; left -= 1) {
    const at = random.int(0, xml.length);
    const part = random.pick([random.pick(XML_PARTS), anyText(random, 20)]);
    const times = random.chance(0.03) ? random.int(1000, 60_000) : 1;
    xml = xml.slice(0, at) + part.repeat(times) + xml.slice(at + random.pick([0, 0, 1, 8, 40]));
  }
  return [
    ...timed(
      'the list reader',
      () => {
        const { objects } = parseListPage(xml);
        count(tally, 'list read');
        for (const { key, size, lastModified } of objects) {
          if (key === '' || !(size >= 0) || Number.isNaN(lastModified.getTime()))
            throw new Error(`an object of ${size} bytes`);
        }
      },
      (error) => /^the store returned/.test((error as Error).message),
    ),
    ...timed(
      'the error reader',
      () => {
        const code = errorCode(xml);
        if (code !== null && !/^[A-Za-z0-9]{1,64}$/.test(code)) throw new Error('a code that is none');
      },
      () => false,
    ),
  ];
}
