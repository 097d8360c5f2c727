import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { run } from '../../testkit/run.ts';
import type { Attack } from './attack-table/rows.ts';

/** Targets of attacks: secret files, a world-writable folder, and a listener. */
export interface World {
  /** Text that must never leak. */
  canary: string;
  /** The clip that the attack may read. */
  clip: string;
  /** Lists that name the secret; inputs of the cell. */
  concat: string;
  hls: string;
  words(places: { input: string; out: string; concat: string; hls: string }): (text: string) => string;
  /** Effects since the last call. */
  effects(): { read: string[]; written: string[]; connections: number };
  close(): Promise<void>;
}

export async function makeWorld(folder: string): Promise<World> {
  const canary = `CANARY-${randomBytes(12).toString('hex')}`;
  const at = (name: string) => join(folder, name);
  const [secret, subtitles, media, outside, clip, concat, hls] = [
    at('secret.txt'),
    at('secret.srt'),
    at('secret.mkv'),
    at('outside'),
    at('clip.mkv'),
    at('list.ffconcat'),
    at('list.m3u8'),
  ];
  mkdirSync(outside);
  chmodSync(outside, 0o777);
  writeFileSync(secret, `${canary}\n${canary}\n`);
  writeFileSync(subtitles, `1\n00:00:00,000 --> 00:00:09,000\n${canary}\n`);
  const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=10:d=0.5', '-f', 'lavfi', '-i', 'sine=d=0.5'];
  const codecs = ['-c:v', 'mpeg4', '-c:a', 'pcm_s16le'];
  const named = ['-metadata', `title=${canary}`];
  await run('ffmpeg', ['-v', 'error', ...sources, ...codecs, clip, ...codecs, ...named, media]);
  writeFileSync(concat, `ffconcat version 1.0\nfile '${media}'\nfile '${media}'\n`);

  let connections = 0;
  const listener: Server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  writeFileSync(hls, `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://${address}/a.ts\n#EXT-X-ENDLIST\n`);

  const watched = [secret, subtitles, media];
  const long = new Date('2001-01-01');
  // With an access time before the modification time, the next read updates it, even on a relatime mount.
  const reset = () => {
    for (const path of watched) utimesSync(path, long, new Date());
  };
  reset();
  return {
    canary,
    clip,
    concat,
    hls,
    words: (places) => (text) =>
      text
        .replaceAll('@SECRET@', secret)
        .replaceAll('@SRT@', subtitles)
        .replaceAll('@MEDIA@', media)
        .replaceAll('@OUTSIDE@', outside)
        .replaceAll('@EADDRESS@', address.replace(':', '\\:'))
        .replaceAll('@ADDRESS@', address)
        .replaceAll('@EURL@', `http\\://${address.replace(':', '\\:')}/x`)
        .replaceAll('@URL@', `http://${address}/x`)
        .replaceAll('@IN@', places.input)
        .replaceAll('@OUT@', places.out)
        .replaceAll('@CONCAT@', places.concat)
        .replaceAll('@HLS@', places.hls),
    effects() {
      const read = watched.filter((path) => statSync(path).atimeMs !== long.getTime());
      const written = readdirSync(outside);
      const seen = { read, written, connections };
      for (const name of written) rmSync(join(outside, name), { recursive: true });
      reset();
      connections = 0;
      return seen;
    },
    close: () => new Promise<void>((resolve) => listener.close(() => resolve())),
  };
}

/** Whether one of the files below a folder contains the text. */
export function containsText(folder: string, text: string): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text),
  );
}

export const isCostly = ({ effects }: Attack): boolean => effects.includes('HANG') || effects.includes('MEMORY');

export const title = (attack: Attack): string => `${attack.class}: ${attack.name}`;
