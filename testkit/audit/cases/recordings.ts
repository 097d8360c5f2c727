import { type AuditCase, atMost, equals, type Figure } from '../audit-case.ts';
import { beepTimes } from '../checks/sound.ts';
import { compareMotion, countPackets, readCounter } from '../checks/times.ts';
import { makeRecordings, type Recording } from '../sources/recordings.ts';
import { makeSource } from '../sources/source.ts';
import type { World } from '../world.ts';
import { renditionOf } from './time.ts';

const LADDER = { output_format: 'hls', ladder: [{ height: 108 }] };

interface Result {
  name: string;
  failure: string;
  /** Difference between the frames of the source and of the output. */
  difference: number;
  /** Frames of the screen that a ladder lacks, without frames that follow each other faster than the frames of the ladder. */
  lost: number;
}

async function send(world: World, { kind, source }: Recording, index: number): Promise<Result> {
  const { name } = kind;
  const result = { name, failure: '', difference: 0, lost: 0 };
  const path = await makeSource(source);
  if (kind.picture === null) {
    const made = await world.transcode(source, { output_format: 'mp3' });
    if (made.status === 'completed') await beepTimes(await made.file());
    return { ...result, failure: made.failure };
  }
  const isLadder = index % 5 === 4;
  const made = await world.transcode(source, isLadder ? LADDER : { output_format: index % 2 ? 'webm' : 'mp4' });
  if (made.status !== 'completed') return { ...result, failure: made.failure };
  if (!isLadder) {
    const frames = await countPackets(await made.file());
    return { ...result, difference: Math.abs(frames - (await countPackets(path))) };
  }
  if (kind.picture === 'camera') return result;
  const { lostLong } = compareMotion(await readCounter(path), await readCounter(await renditionOf(made)));
  return { ...result, lost: lostLong };
}

/** Records with Chromium while other processes use all processors, and submits every recording. */
export function recordingsCase(count: number): AuditCase {
  return {
    name: 'recordings/chromium',
    async run(world) {
      const { made, unsupported } = await makeRecordings(count);
      const results: Result[] = [];
      for (const [index, recording] of made.entries()) results.push(await send(world, recording, index));
      const rejected = results.filter(({ failure }) => failure !== '');
      const kinds = [...new Set(results.map(({ name }) => name))];
      const worst = (field: 'difference' | 'lost', kind: string) =>
        Math.max(0, ...results.filter(({ name }) => name === kind).map((result) => result[field]));
      const figures: Figure[] = [
        equals('recordings', made.length, count),
        equals('rejected or failed recordings', rejected.length, 0),
        ...kinds.flatMap((kind) => [
          atMost(`frames of ${kind} more or fewer than the source`, worst('difference', kind), 1),
          atMost(`frames of ${kind} that a ladder lacks`, worst('lost', kind), 1),
        ]),
        {
          name: 'kinds that Chromium cannot record',
          value: [...unsupported].join(', ') || 'none',
          limit: 'any',
          holds: true,
        },
      ];
      for (const { name, failure } of rejected.slice(0, 3))
        figures.push(equals(name, failure.slice(0, 300), 'completed'));
      return figures;
    },
  };
}
