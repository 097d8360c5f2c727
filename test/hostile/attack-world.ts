import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../testkit/run.ts';
import { listen, tcpServer } from '../../testkit/servers.ts';
import type { Attack } from './attack-table/rows.ts';

/** Paths of the inputs and of the output folder, as an attack sees them. */
interface Paths {
  input: string;
  out: string;
  concat: string;
  hls: string;
}

/** Targets of attacks: secret files, a world-writable folder, and a listener. */
export interface World {
  /** Text that must never leak. */
  canary: string;
  /** The clip that the attack may read. */
  clip: string;
  /** Paths of lists that name the secret. They are inputs of the cell. */
  concat: string;
  hls: string;
  /**
   * Returns a function that replaces the placeholders of an attack, such as `@SECRET@`, with targets and with the paths as the attack sees
   * them.
   */
  words(paths: Paths): (text: string) => string;
  /** Returns the effects since the last call. */
  effects(): { read: string[]; written: string[]; connections: number };
  close(): Promise<void>;
}

export async function makeWorld(folder: string): Promise<World> {
  const canary = `CANARY-${randomBytes(12).toString('hex')}`;
  const files = await makeFiles(folder, canary);
  const listener = await countConnections();
  const { secret, subtitles, media, outside, clip, concat, hls } = files;
  const segment = `http://${listener.address}/a.ts`;
  writeFileSync(hls, `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${segment}\n#EXT-X-ENDLIST\n`);
  const readFiles = watchReads([secret, subtitles, media]);
  return {
    ...{ canary, clip, concat, hls },
    words: (paths) => replacer({ ...targetWords(files, listener.address), ...pathWords(paths) }),
    effects() {
      const written = readdirSync(outside);
      for (const name of written) rmSync(join(outside, name), { recursive: true });
      return { read: readFiles(), written, connections: listener.take() };
    },
    close: listener.close,
  };
}

async function makeFiles(folder: string, canary: string) {
  const at = (name: string) => join(folder, name);
  const [secret, subtitles, media] = [at('secret.txt'), at('secret.srt'), at('secret.mkv')];
  const [outside, clip, concat, hls] = [at('outside'), at('clip.mkv'), at('list.ffconcat'), at('list.m3u8')];
  mkdirSync(outside);
  chmodSync(outside, 0o777);
  writeFileSync(secret, `${canary}\n${canary}\n`);
  writeFileSync(subtitles, `1\n00:00:00,000 --> 00:00:09,000\n${canary}\n`);
  const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=10:d=0.5', '-f', 'lavfi', '-i', 'sine=d=0.5'];
  const codecs = ['-c:v', 'mpeg4', '-c:a', 'pcm_s16le'];
  const named = ['-metadata', `title=${canary}`];
  await run('ffmpeg', ['-v', 'error', ...sources, ...codecs, clip, ...codecs, ...named, media]);
  writeFileSync(concat, `ffconcat version 1.0\nfile '${media}'\nfile '${media}'\n`);
  return { secret, subtitles, media, outside, clip, concat, hls };
}

/** Starts a listener on loopback that closes and counts connections. `take` returns the number of connections since its last call. */
async function countConnections() {
  let connections = 0;
  const counting = tcpServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  const { port, close } = await listen(counting);
  return {
    address: `127.0.0.1:${port}`,
    take() {
      const seen = connections;
      connections = 0;
      return seen;
    },
    close,
  };
}

/** Returns a function that lists the files that were read since its last call. */
function watchReads(paths: readonly string[]): () => string[] {
  const past = new Date('2001-01-01');
  // If the access time is before the modification time, the next read updates the access time, even on a relatime mount.
  const reset = () => {
    for (const path of paths) utimesSync(path, past, new Date());
  };
  reset();
  return () => {
    const read = paths.filter((path) => statSync(path).atimeMs !== past.getTime());
    reset();
    return read;
  };
}

function targetWords(
  { secret, subtitles, media, outside }: Awaited<ReturnType<typeof makeFiles>>,
  address: string,
): Record<string, string> {
  const escapedAddress = address.replace(':', '\\:');
  return {
    ...{ '@SECRET@': secret, '@SRT@': subtitles, '@MEDIA@': media, '@OUTSIDE@': outside },
    ...{ '@EADDRESS@': escapedAddress, '@ADDRESS@': address },
    ...{ '@EURL@': `http\\://${escapedAddress}/x`, '@URL@': `http://${address}/x` },
  };
}

function pathWords({ input, out, concat, hls }: Paths): Record<string, string> {
  return { '@IN@': input, '@OUT@': out, '@CONCAT@': concat, '@HLS@': hls };
}

function replacer(words: Record<string, string>): (text: string) => string {
  return (text) => text.replace(/@[A-Z]+@/g, (word) => words[word] ?? word);
}

/** Returns whether one of the files below a folder contains the text. */
export function containsText(folder: string, text: string): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text),
  );
}

export const isCostly = ({ effects }: Attack): boolean => effects.includes('HANG') || effects.includes('MEMORY');

export const title = (attack: Attack): string => `${attack.class}: ${attack.name}`;
