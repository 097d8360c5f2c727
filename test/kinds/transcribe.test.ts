import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCaptions } from '../../src/captions/index.ts';
import { failures } from '../../src/contract/failures.ts';
import { waitUntilFinal } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { MODEL_SENTENCE } from '../../testkit/whisper-model.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { type SpeechWorker, startSpeechWorker } from '../helpers/speech.ts';
import { BUILD_MS, cachedWhisper } from '../helpers/whisper-program.ts';

const TESTDATA = '/usr/share/pocketsphinx/test/data';
/**
 * Options for the largest frames of FLAC. FFmpeg passes each frame from thread to thread. With FFmpeg's default frames of a quarter of a
 * second, an hour of audio takes ten times as long.
 */
const LARGE_FRAMES = ['-frame_size', '65535'];
const SOURCES = { allow: ['127.0.0.1/32'], ports: [443] };

beforeAll(cachedWhisper, BUILD_MS);

describe('a transcription', () => {
  let api: TestApi;
  let folder: string;
  let source: Awaited<ReturnType<typeof startSource>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-transcribe-'));
    api = await startApi({}, {}, SOURCES);
    source = await startSource(async (request, response) => {
      const file = await readFile(join(folder, request.url!.split('?')[0]!.slice(1))).catch(() => null);
      response.writeHead(file ? 200 : 404).end(file);
    });
  });
  afterAll(async () => {
    source?.close();
    await api?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Writes media with FFmpeg, and returns its URL. */
  const media = async (name: string, args: readonly string[]) => {
    await run('ffmpeg', ['-v', 'error', '-y', ...args, join(folder, name)]);
    return `${source.url}/${name}?token=secret`;
  };
  /** Returns arguments for bursts of a tone. Each period of this many seconds begins with a burst of half a second. */
  const bursts = (seconds: number, period = 1) => [
    ...['-f', 'lavfi', '-i', `aevalsrc=0.3*sin(2*PI*300*t)*lt(mod(t\\,${period})\\,0.5):d=${seconds}:s=16000`],
  ];
  /** Returns arguments that repeat one period of bursts, because computing a tone takes longer than compressing it. */
  const repeated = async (seconds: number, period: number) => {
    await media('period.wav', bursts(period, period));
    return ['-stream_loop', '-1', '-i', join(folder, 'period.wav'), '-t', String(seconds), ...LARGE_FRAMES];
  };
  const create = (body: object, query = '?wait=60') => api.call('POST', `/v1/transcribe${query}`, body);
  const transcribe = async (body: object) => {
    const { status, text, json } = await create(body);
    expect([status, text]).toEqual([201, text]);
    return waitUntilFinal(api, '/v1/transcribe', json);
  };
  const download = async (id: string, query = '') => {
    const { json } = await api.call('GET', `/v1/transcribe/${id}/download${query}`);
    return (await fetch(json.url)).text();
  };

  it('is rejected with 501 and the command that configures transcription if no worker has a model', async () => {
    const { status, json } = await create({ media_url: 'https://example.com/a.mp4' }, '');
    expect([status, json.error, json.code]).toEqual([
      ...[501, 'Transcription is not configured on this server', 'transcription_not_configured'],
    ]);
    expect(json.message).toContain('./airlock transcribe install --model FILE --sha256 HEX');
    expect((await api.call('GET', '/v1/transcribes')).json).toMatchObject({ items: [], total: 0 });
  });

  describe('a transcription with a model', () => {
    let speech: SpeechWorker;
    let clip: string;
    beforeAll(async () => {
      speech = await startSpeechWorker(api, 'whisper');
      clip = await media('clip.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:d=4', ...bursts(4), '-c:a', 'aac']);
    });
    afterAll(() => speech?.close());

    it('writes the recognized words as SRT, and detects the language', async () => {
      const job = await transcribe({ media_url: clip });
      expect(job).toMatchObject({
        ...{ status: 'completed', language: 'en', task: 'transcribe', output_format: 'srt', error_message: null },
        media_url: `${source.url}/clip.mp4`,
        outputs: [{ name: 'srt', role: 'text', format: 'srt', status: 'completed' }],
      });
      expect(job.output_url).toMatch(/^gs:\/\/.*\.srt$/);
      const read = parseCaptions(await download(job.id));
      const text = read.ok ? read.cues.map((cue) => cue.text.replaceAll('\n', ' ')).join(' ') : read.fault.message;
      expect(text).toBe(MODEL_SENTENCE);
    });

    it('writes several formats, with words and times in the JSON file', async () => {
      const body = {
        media_url: clip,
        output_formats: ['json', 'vtt'],
        words: true,
        language: 'English',
        task: 'translate',
      };
      const job = await transcribe(body);
      expect(job).toMatchObject({ status: 'completed', task: 'translate', output_format: 'json' });
      expect(await download(job.id, '?output=vtt')).toMatch(/^WEBVTT\n\n00:00:00/);
      const json = JSON.parse(await download(job.id, '?output=json'));
      expect(json).toMatchObject({ language: 'en', task: 'translate', text: MODEL_SENTENCE });
      expect(json.duration_seconds).toBeCloseTo(4, 0);
      const { words } = json.segments[0];
      expect(words[0]).toMatchObject({ text: 'this', start: expect.any(Number), probability: 1 });
      expect(words.at(-1).end).toBeLessThanOrEqual(4);
    });

    it.each([
      ['silence', 'silence.wav', ['-f', 'lavfi', '-i', 'anullsrc=r=44100:d=3']],
      ['a steady noise', 'noise.flac', ['-f', 'lavfi', '-i', 'anoisesrc=d=3:a=0.002:r=16000']],
    ])('a transcription of %s is empty, without invented words', async (_, name, args) => {
      const job = await transcribe({ media_url: await media(name, args), output_formats: ['srt', 'vtt', 'json'] });
      expect(job).toMatchObject({ status: 'completed', language: null });
      expect([await download(job.id, '?output=srt'), await download(job.id, '?output=vtt')]).toEqual(['', 'WEBVTT\n']);
      expect(JSON.parse(await download(job.id, '?output=json'))).toMatchObject({ text: '', segments: [] });
    });

    it('a transcription of music completes with captions inside the music', async () => {
      const chord = 'aevalsrc=0.1*(sin(2*PI*262*t)+sin(2*PI*330*t)+sin(2*PI*392*t))*(1+0.5*sin(2*PI*4*t)):d=5:s=16000';
      const job = await transcribe({
        media_url: await media('music.ogg', ['-f', 'lavfi', '-i', chord]),
        language: 'en',
      });
      expect(job.status).toBe('completed');
      const read = parseCaptions(await download(job.id));
      expect(read.ok && read.cues.every(({ start, end }) => start >= 0 && end <= 5100)).toBe(true);
    });

    it('a transcription of a picture, a text or a video without sound fails with a reason and a remedy', async () => {
      const picture = await media('picture.png', ['-f', 'lavfi', '-i', 'color=red:s=32x32', '-frames:v', '1']);
      const mute = await media('mute.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:d=1']);
      await writeFile(join(folder, 'text.bin'), 'This is a letter, not a recording.\n'.repeat(100));
      for (const [media_url, code] of [
        [picture, 'no_audio_stream'],
        [mute, 'no_audio_stream'],
        [`${source.url}/text.bin`, 'unsupported_media'],
        [`${source.url}/absent.mp4`, 'source_not_found'],
      ] as const) {
        const job = await transcribe({ media_url });
        const [shown] = media_url.split('?');
        const error_advice = failures[code].advice;
        expect(job).toMatchObject({ media_url: shown, status: 'failed', error_code: code, error_advice });
        expect(job.error_message).not.toContain('token');
      }
    });

    it('a transcription of a stream that is damaged in the middle completes with the recognized words', async () => {
      await media('damaged.mp3', [...bursts(8), '-c:a', 'libmp3lame']);
      const bytes = await readFile(join(folder, 'damaged.mp3'));
      bytes.fill(0, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2));
      await writeFile(join(folder, 'damaged.mp3'), bytes);
      const job = await transcribe({ media_url: `${source.url}/damaged.mp3`, language: 'en' });
      expect(job.status).toBe('completed');
      expect(await download(job.id)).toContain('this is the airlock');
    });

    it('reports the most similar language, field and format in the error for a wrong request', async () => {
      const wrong = async (body: object) => {
        const { status, json } = await create({ media_url: clip, ...body }, '');
        return [status, json.details.field, json.details.near ?? json.details.reason];
      };
      expect(await wrong({ language: 'germn' })).toEqual([400, 'language', 'german']);
      expect(await wrong({ language: 'klingon' })).toEqual([400, 'language', 'is not a language that Airlock knows']);
      expect(await wrong({ output_format: 'srtt' })).toEqual([400, 'output_format', 'srt']);
      expect(await wrong({ output_format: 'srt', output_formats: ['vtt'] })).toEqual([
        ...[400, 'output_formats', 'cannot be combined with output_format'],
      ]);
      expect(await wrong({ max_line: 5 })).toEqual([400, 'max_line', 'is 5, below the minimum of 20']);
      const { json } = await create({ media_url: clip, langauge: 'en' });
      expect(json.warnings).toContainEqual(expect.objectContaining({ field: 'langauge' }));
    });

    it('returns 400 for a download before it is completed, and stops immediately when it is canceled', async () => {
      const long = await media('long.flac', await repeated(500, 1));
      const { json: job } = await create({ media_url: long }, '');
      await until(async () => (await api.call('GET', `/v1/transcribe/${job.id}`)).json.status === 'processing', {
        what: 'a transcription that runs',
      });
      const early = await api.call('GET', `/v1/transcribe/${job.id}/download`);
      expect([early.status, early.json.error]).toEqual([400, 'Transcribe not completed']);
      const canceled = await api.call('PATCH', `/v1/transcribe/${job.id}/cancel`);
      expect(canceled.json).toMatchObject({ success: true, job: { status: 'canceled' } });
      const lastEvent = async () => (await api.call('GET', `/v1/transcribe/${job.id}/events`)).json.events.at(-1)?.type;
      await until(async () => (await lastEvent()) === 'transcription.canceled', { what: 'the event of the cancel' });
    });

    /** Uploads a file as a client does. */
    const upload = async (name: string, contentType: string) => {
      const bytes = await readFile(join(folder, name));
      const body = { filename: name, contentType, fileSize: bytes.length };
      const { json } = await api.call('POST', '/v1/upload/presigned-url', body);
      const { uploadUrl, filename } = json.result;
      const put = await fetch(uploadUrl, { method: 'PUT', body: bytes, headers: { 'content-type': contentType } });
      expect(put.status).toBe(200);
      const confirmed = await api.call('POST', '/v1/upload/confirm', { filename, fileSize: bytes.length });
      return confirmed.json.result.fileUrl;
    };

    it('a transcription of an upload of eleven minutes is made by child jobs, from pieces that end in pauses', async () => {
      await media('eleven.flac', await repeated(660, 50));
      const job = await transcribe({
        media_url: await upload('eleven.flac', 'audio/flac'),
        output_format: 'json',
        language: 'en',
      });
      expect([job.status, job.error_message]).toEqual(['completed', null]);
      const { rows } = await api.database.pg.query(`SELECT kind, status, erased_at FROM jobs WHERE parent_id = $1`, [
        job.id,
      ]);
      expect(rows.map(({ kind, status }) => [kind, status])).toEqual(Array(2).fill(['transcribe-piece', 'completed']));
      // The results of child jobs are deleted after the job has read them.
      expect(rows.map(({ erased_at }) => erased_at)).not.toContain(null);
      const { segments } = JSON.parse(await download(job.id));
      const starts = segments.map(({ start }: { start: number }) => start);
      expect(starts).toEqual(starts.toSorted((a: number, b: number) => a - b));
      expect(starts.at(-1)).toBeGreaterThan(330);
    });

    it('a transcription of a file of more than an hour contains only its two sentences, each at its time', async () => {
      const silence = ['-f', 'lavfi', '-i', 'anullsrc=r=16000:cl=mono:n=65535:d=3714'];
      const joined = ['-filter_complex', 'concat=n=3:v=0:a=1', '-ar', '16000', '-ac', '1'];
      await media('an-hour.flac', [...bursts(3), ...silence, ...bursts(3), ...joined, ...LARGE_FRAMES]);
      const media_url = await upload('an-hour.flac', 'audio/flac');
      const job = await transcribe({ media_url, output_format: 'json', language: 'en' });
      expect([job.status, job.error_message]).toEqual(['completed', null]);
      const { segments, duration_seconds } = JSON.parse(await download(job.id));
      expect(duration_seconds).toBeCloseTo(3720, 0);
      const times = segments.map(({ start, end }: { start: number; end: number }) => [start, end]);
      expect(times.every(([start, end]: number[]) => end! <= 4 || start! >= 3716)).toBe(true);
      expect([times[0][0] < 4, times.at(-1)[0] > 3716]).toEqual([true, true]);
    });

    it('a transcription in a transcode produces captions of the first output with sound, regardless of the order of the outputs', async () => {
      const outputs = [
        { outputFormat: 'srt' },
        { outputFormat: 'wav' },
        { outputFormat: 'vtt', name: 'text' },
        { outputFormat: 'mp4' },
      ];
      const body = { inputs: [{ url: clip, options: [{ option: '-ss', argument: '1' }] }], outputs };
      const made = await api.call('POST', '/v1/transcodes?wait=60', body);
      expect([made.status, made.json.status, made.json.error_message]).toEqual([201, 'completed', null]);
      expect(made.json.outputs.map(({ name, role }: { name: string; role: string }) => [name, role])).toEqual([
        ...[
          ['wav', 'media'],
          ['mp4', 'media'],
          ['srt', 'text'],
          ['text', 'text'],
        ],
      ]);
      const { json } = await api.call('GET', `/v1/transcodes/${made.json.id}/download?output=srt`);
      const captions = parseCaptions(await (await fetch(json.url)).text());
      expect(captions.ok && captions.cues[0]!.text).toMatch(/^this is/);
      expect(captions.ok && captions.cues.at(-1)!.end).toBeLessThanOrEqual(4000);
      const wrong = async (outputs: object[]) => {
        const { status, json } = await api.call('POST', '/v1/transcodes', { inputs: [{ url: clip }], outputs });
        return [status, json.details?.field ?? null];
      };
      expect(await wrong([{ outputFormat: 'srt' }])).toEqual([400, 'outputs']);
      expect(await wrong([{ outputFormat: 'srt', preset: {} }, { outputFormat: 'mp4' }])).toEqual([
        400,
        'outputs[0].preset',
      ]);
      const position = [
        { outputFormat: 'vtt' },
        { outputFormat: 'mp4', options: [{ option: '-vf', argument: 'scael=2:2' }] },
      ];
      expect(await wrong(position)).toEqual([422, 'outputs[1].options[0]']);
    });

    it('produces the subtitles of a ladder, which both manifests contain', async () => {
      const ladder = { outputFormat: 'cmaf', ladder: [{ height: 64 }], subtitles: 'transcribe' };
      const made = await api.call('POST', '/v1/transcodes?wait=60', { inputs: [{ url: clip }], outputs: [ladder] });
      expect([made.status, made.json.status, made.json.error_message]).toEqual([201, 'completed', null]);
      const file = async (path: string) => {
        const { json } = await api.call('GET', `/v1/transcodes/${made.json.id}/download?file=${path}`);
        return (await fetch(json.url)).text();
      };
      expect(await file('master.m3u8')).toContain('TYPE=SUBTITLES');
      expect(await file('manifest.mpd')).toContain('text/vtt');
      const { items } = (await api.call('GET', `/v1/transcodes/${made.json.id}/files`)).json;
      const text = items.find(({ path }: { path: string }) => path.endsWith('.vtt')).path;
      expect(await file(text)).toContain('this is the airlock');
    });

    it('leaves no text in the database, in events and in storage when it is erased', async () => {
      const job = await transcribe({ media_url: await upload('clip.mp4', 'video/mp4'), language: 'en' });
      expect(await download(job.id)).toContain('airlock');
      const erased = await api.call('DELETE', `/v1/transcribe/${job.id}`);
      expect(erased.json).toMatchObject({ id: job.id, object: 'transcribe', deleted: true });
      const { json } = await api.call('GET', `/v1/transcribe/${job.id}`);
      expect(json).toMatchObject({ media_url: null, language: null, task: null, output_url: null });
      const objects = await api.database.pg.query('SELECT state FROM objects WHERE job_id = $1', [job.id]);
      expect(objects.rows).toEqual([{ state: 'deleted' }]);
      const { rows } = await api.database.pg.query(
        `SELECT request_sealed, plan_sealed, resume_sealed, error_sealed, request_settings FROM jobs WHERE id = $1`,
        [job.id],
      );
      expect(Object.values(rows[0]!)).toEqual(Array(5).fill(null));
      const stored = await run('grep', ['-rl', 'airlock test model', api.gateway.root]).then(
        ({ stdout }) => stdout,
        () => '',
      );
      expect(stored).not.toContain(job.id);
      const events = (await api.call('GET', `/v1/transcribe/${job.id}/events`)).text;
      expect(events).not.toMatch(/airlock test|clip/);
      const { receipt } = (await api.call('GET', `/v1/transcribe/${job.id}/receipt`)).json;
      expect(receipt).toMatchObject({ kind: 'transcribe', job_id: job.id });
    });
  });

  describe('a transcription by PocketSphinx', () => {
    let speech: SpeechWorker;
    let recording: string;
    beforeAll(async () => {
      speech = await startSpeechWorker(api, 'pocketsphinx', 1);
      recording = await media('goforward.wav', [
        ...['-f', 's16le', '-ar', '16000', '-ac', '1', '-i', `${TESTDATA}/goforward.raw`],
      ]);
    });
    afterAll(() => speech?.close());

    const transcribe = async (body: object) => (await create({ media_url: recording, ...body })).json;

    it('a transcription by PocketSphinx of the recording "go forward ten meters" contains these words', async () => {
      const job = await transcribe({ output_format: 'json', words: true });
      expect([job.status, job.error_message]).toEqual(['completed', null]);
      const { json } = await api.call('GET', `/v1/transcribe/${job.id}/download`);
      const transcript = JSON.parse(await (await fetch(json.url)).text());
      expect(transcript).toMatchObject({ language: 'en', text: 'go forward ten meters' });
      const { words } = transcript.segments[0];
      expect(words.map(({ text }: { text: string }) => text)).toEqual(['go', 'forward', 'ten', 'meters']);
      expect(words[0].start).toBeCloseTo(0.46, 1);
      expect(words[3].end).toBeCloseTo(2.12, 1);
    });

    it('a transcription by PocketSphinx into another language fails, and the error contains the languages of the recognizer', async () => {
      const job = await transcribe({ task: 'translate' });
      const { advice } = failures.transcription_failed;
      expect(job).toMatchObject({ status: 'failed', error_code: 'transcription_failed', error_advice: advice });
      expect(job.error_message).toBe('This server recognizes only US English, and cannot translate.');
    });
  });
});
