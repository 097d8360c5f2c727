import { describeFile } from '../../attempt/media/describe-file.ts';
import { openMedia } from '../../attempt/media/open-media.ts';
import { readHead } from '../../attempt/media/read-head.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import type { ProbeAnswer } from '../../contract/probe.ts';
import { detectMedia, SUBTITLE_DEMUXERS } from '../../ffmpeg/index.ts';

/** Describes a file that is completely on this machine. */
export async function probeCompleteFile(tools: WorkTools, run: Run, path: string): Promise<ProbeAnswer> {
  const { head, size } = await readHead(path);
  const detected = await detectMedia(head);
  if (detected && SUBTITLE_DEMUXERS.includes(detected.demuxer)) {
    const nothing = { duration_seconds: null, bit_rate: null, streams: [], container: null };
    return { ...nothing, format: detected.demuxer, size_bytes: size, subtitle_count: 1 };
  }
  const slot = await run.lease.acquire(run.signal);
  const { folder, signal } = run;
  const options = {
    folder,
    slot,
    signal,
    name: 'probe',
    subject: 'The file',
    disarm: false,
    check: false,
    probeOnly: true,
  };
  const { info, container } = await openMedia(tools, path, options);
  return describeFile(info, { sizeBytes: size, container });
}
