import { type Attack, audio, graph, inClass, input, output, video } from './rows.ts';

const DEVICE = '/dev/urandom';

/**
 * Attacks through the only device of a cell, whose bytes never end. Users must not be able to name the device, and its bytes must not fill
 * a disk or the memory.
 */
export const DEVICE_ATTACKS: readonly Attack[] = [
  ...inClass('the source of random numbers', [
    input('as sound', 'HANG', ['-f', 'u8'], { argv: ['-f', 'u8', '-i', DEVICE, '@OUT@/o.wav'] }),
    input('as pictures', 'HANG', ['-f', 'rawvideo', '-video_size', '4096x4096'], {
      argv: ['-f', 'rawvideo', '-video_size', '4096x4096', '-pixel_format', 'gray', '-i', DEVICE, '@OUT@/o.nut'],
    }),
    input('as a file of unknown format', 'HANG', ['-format_probesize', '2147483647'], {
      argv: ['-probesize', '10000000000', '-i', DEVICE, '@OUT@/o.nut'],
    }),
    input('as ten gigabytes of a file', 'HANG', ['-f', 'u8', '-ar', '192000'], {
      argv: ['-f', 'u8', '-i', `subfile,,start,0,end,10000000000,,:${DEVICE}`, '-c', 'copy', '@OUT@/o.wav'],
    }),
    input('as one of several files', 'HANG', ['-f', 'u8', '-ac', '2'], {
      argv: ['-f', 'u8', '-i', `concat:@IN@|${DEVICE}`, '-c', 'copy', '@OUT@/o.wav'],
    }),
    input('through a cache on the disk', 'HANG', ['-f', 'u8', '-ac', '8'], {
      argv: ['-f', 'u8', '-i', `cache:file:${DEVICE}`, '-c', 'copy', '@OUT@/o.wav'],
    }),
    output('as a second input', 'HANG', ['-i', DEVICE, '-map', '1'], {
      argv: ['-i', '@IN@', '-f', 'u8', '-i', DEVICE, '-map', '1', '@OUT@/o.wav'],
    }),
    output('as an attachment', 'HANG MEMORY', ['-attach', DEVICE, '-metadata:s:t', 'mimetype=text/plain']),
    output('as a tag', 'HANG MEMORY', ['-/metadata', DEVICE]),
    output('as a graph', 'HANG MEMORY', ['-/filter_complex', DEVICE]),
    output('as an output', 'WRITE', ['-f', 'u8'], { argv: ['-i', '@IN@', '-vn', '-f', 'u8', DEVICE] }),
    output('as a report of progress', 'WRITE', ['-progress', DEVICE]),
    video('as the source of a filter', 'HANG', `movie=${DEVICE}:f=rawvideo,scale=32:32`),
    graph('as the source of sound of a filter', 'HANG', `amovie=${DEVICE}:f=u8[a]`),
    video('as text', 'HANG MEMORY', `drawtext=textfile=${DEVICE}`),
    video('as a value of a filter', 'HANG MEMORY', `scale=/w=${DEVICE}`),
    video('as subtitles', 'HANG MEMORY', `subtitles=${DEVICE}`),
    video('as a table of colors', 'HANG', `lut3d=file=${DEVICE}`),
    audio('as a model of noise', 'HANG', `arnndn=model=${DEVICE}`),
  ]),
];
