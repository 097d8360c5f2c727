import { type Attack, endless, graph, inClass, output, video } from './rows.ts';

const nested = (depth: number) => `${'if(1,'.repeat(depth)}1${',1)'.repeat(depth)}`;
const times = (count: number, text: string) => Array.from({ length: count }, () => text).join(',');

export const COST_ATTACKS: readonly Attack[] = [
  ...inClass('no end', [
    endless('one frame again for ever', 'HANG', 'vf', 'loop=loop=-1:size=1:start=0', { verdict: 'bounded' }),
    endless('sound again for ever', 'HANG', 'af', 'aloop=loop=-1:size=1000', { verdict: 'bounded' }),
    endless('a still at the end for ever', 'HANG', 'vf', 'tpad=stop=-1:stop_mode=clone', { verdict: 'bounded' }),
    endless('a still for years', 'HANG', 'vf', 'tpad=stop_mode=clone:stop_duration=99999999'),
    endless('silence for ever', 'HANG', 'af', 'apad', { verdict: 'bounded' }),
    endless('silence for years', 'HANG', 'af', 'apad=pad_dur=999999999'),
    endless('zoom of a frame for years', 'HANG', 'vf', 'zoompan=d=1000000000'),
    endless('zoom by an expression', 'HANG', 'vf', "zoompan=d='pow(10,9)':s=4096x4096", { verdict: 'bounded' }),
    endless('slow beyond reason', 'HANG', 'vf', 'setpts=1000000*PTS,fps=120', { verdict: 'bounded' }),
    endless('a frame rate beyond reason', 'HANG', 'vf', 'fps=100000'),
    endless('a time far away', 'HANG', 'vf', 'setpts=PTS+1e9/TB*gt(N\\,3),fps=60', { verdict: 'bounded' }),
    endless('motion between frames', 'HANG', 'vf', 'minterpolate=fps=100000:mi_mode=mci'),
    graph('a source without end', 'HANG', 'testsrc2=s=1920x1080:r=60[v]', {
      verdict: 'bounded',
      argv: ['-filter_complex', 'testsrc2=s=1920x1080:r=60[v]', '-map', '[v]', '@OUT@/o.mkv'],
    }),
    graph('a sound source without end', 'HANG', 'sine[a]', {
      verdict: 'bounded',
      argv: ['-filter_complex', 'sine[a]', '-map', '[a]', '@OUT@/o.wav'],
    }),
    graph('a source of years', 'HANG', 'color=c=red:s=64x64:d=999999999[v]', {
      argv: ['-filter_complex', 'color=c=red:s=64x64:r=1000:d=999999999[v]', '-map', '[v]', '@OUT@/o.mkv'],
    }),
    graph('a fractal', 'HANG', 'mandelbrot=s=4096x4096:maxiter=1000000[v]', {
      argv: ['-filter_complex', 'mandelbrot=s=4096x4096:maxiter=1000000[v]', '-map', '[v]', '@OUT@/o.mkv'],
    }),
    output('an input that repeats for ever', 'HANG', ['-stream_loop', '=-1'], {
      argv: ['-stream_loop', '-1', '-i', '@IN@', '@OUT@/o.mkv'],
    }),
    graph('a join of itself', 'HANG', `[0:v]split=65[${'x'}];concat=n=1000000`),
  ]),
  ...inClass('memory', [
    endless('a film backwards', 'MEMORY', 'vf', 'scale=4096:4096,loop=loop=2000:size=1,reverse', {
      verdict: 'bounded',
    }),
    endless('a pad beyond reason', 'MEMORY', 'vf', 'pad=w=30000:h=30000'),
    endless('a scale beyond reason', 'MEMORY', 'vf', 'scale=30000:30000'),
    endless('a scale by an expression', 'MEMORY', 'vf', 'scale=iw*200:ih*200', { verdict: 'unplanned' }),
    endless('a scale by steps', 'MEMORY', 'vf', 'scale=iw*8:ih*8,scale=iw*8:ih*8,scale=iw*8:ih*8', {
      verdict: 'unplanned',
    }),
    endless('tiles beyond reason', 'MEMORY', 'vf', 'tile=layout=500x500'),
    endless('a loop of many frames', 'MEMORY', 'vf', 'scale=2048:2048,loop=loop=1:size=32767', { verdict: 'bounded' }),
    endless('frames kept for a mean', 'MEMORY', 'vf', 'scale=2048:2048,tmix=frames=1024'),
    endless('frames kept for a thumbnail', 'MEMORY', 'vf', 'scale=2048:2048,loop=loop=3000:size=1,thumbnail=n=100000'),
    endless('frames kept for a median', 'MEMORY', 'vf', 'scale=2048:2048,tmedian=radius=127'),
    endless('a blur beyond reason', 'HANG', 'vf', 'scale=2048:2048,avgblur=sizeX=1024,gblur=sigma=1024:steps=6', {
      verdict: 'bounded',
    }),
    endless('an echo of hours', 'MEMORY', 'af', 'aecho=0.8:0.9:90000000:0.3'),
    endless('a delay of days', 'MEMORY', 'af', 'adelay=999999999999'),
    endless('a sound rate beyond reason', 'MEMORY', 'af', 'aresample=2000000000'),
    endless('a window of years', 'MEMORY', 'af', 'dynaudnorm=f=8000000:g=301'),
    graph('copies', 'MEMORY', `[0:v]split=200${Array.from({ length: 200 }, (_, at) => `[v${at}]`).join('')}`),
    graph(
      'a wall of pictures',
      'MEMORY',
      '[0:v]scale=4096:4096,split=4[a][b][c][d];[a][b][c][d]hstack=inputs=4,pad=16384:16384[v]',
      {
        argv: [
          ...['-i', '@IN@', '-filter_complex'],
          ...['[0:v]scale=4096:4096,split=4[a][b][c][d];[a][b][c][d]hstack=inputs=4,pad=16384:16384[v]', '-map', '[v]'],
          '@OUT@/o.mkv',
        ],
      },
    ),
    graph('a layout beyond reason', 'MEMORY', '[0:v]split[a][b];[a][b]xstack=inputs=2:layout=0_0|30000_30000'),
    graph('palettes', 'MEMORY', '[0:v]scale=16384:16384,split[a][b];[a]palettegen[p];[b][p]paletteuse'),
  ]),
  ...inClass('expressions', [
    video('a loop in an expression', 'HANG', "geq=lum='while(1,1)'"),
    video('a search for a root', 'HANG', "geq=lum='root(sin(ld(0)),1e9)'"),
    video('a series', 'HANG', "geq=lum='taylor(pow(2,ld(0)),1)'"),
    video('a series in a series', 'HANG', "crop=w='taylor(taylor(1,ld(0)),1)'"),
    video('an expression of thousands', 'HANG', `crop=w='${'1+'.repeat(4000)}1'`),
    video('a depth of hundreds', 'HANG', `crop=w='${nested(300)}'`),
    video('brackets without end', 'CONFUSE', `crop=w='${'('.repeat(5000)}1${')'.repeat(5000)}'`),
    video('signs without end', 'CONFUSE', `crop=w='${'-'.repeat(9000)}1'`),
    video('a cost for each pixel', 'HANG', `geq=lum='${'sin(X)*'.repeat(1500)}1'`),
    video('a store that grows', 'CONFUSE', "setpts='st(11,ld(11)+PTS)'", { verdict: 'bounded' }),
    video('no number', 'CONFUSE', "scale=w='0/0':h=2", { verdict: 'bounded' }),
    video('an infinite number', 'CONFUSE', "scale=w='1/0':h=2"),
    video('an unknown variable', 'CONFUSE', 'scale=w=secret:h=2'),
    video('an unknown function', 'CONFUSE', "scale=w='system(1)':h=2"),
    video('a function with too much', 'CONFUSE', "scale=w='sin(1,2,3)':h=2"),
    video('brackets that do not fit', 'CONFUSE', "scale=w='(((1':h=2"),
  ]),
  ...inClass('texts of a size or shape', [
    video('a thousand filters', 'HANG', times(1000, 'hflip')),
    video('ten thousand characters', 'CONFUSE', `drawtext=text=${'x'.repeat(10_000)}`),
    video('a million characters', 'HANG', `${'hflip,'.repeat(20_000)}hflip`),
    video('quotes that do not close', 'CONFUSE', "drawtext=text='abc"),
    video('a backslash at the end', 'CONFUSE', 'drawtext=text=abc\\', { verdict: 'bounded' }),
    video('a bracket that does not close', 'CONFUSE', '[in'),
    video('an empty filter', 'CONFUSE', 'hflip,,vflip'),
    video('nothing but a semicolon', 'CONFUSE', ';'),
    graph('a label twice', 'CONFUSE', '[0:v]hflip[a];[0:v]vflip[a]'),
    graph('a cycle', 'CONFUSE', '[a]hflip[b];[b]vflip[a]'),
    graph('a label to itself', 'CONFUSE', '[a]hflip[a]'),
    graph('a label of nobody', 'CONFUSE', '[0:v][nobody]overlay'),
    graph('an input that is not there', 'CONFUSE', '[9:v]hflip'),
    graph('picture into sound', 'CONFUSE', '[0:v]volume=2'),
    video('a zero byte', 'CONFUSE', 'drawtext=text=a\u0000b', { argv: ['-i', '@IN@', '@OUT@/o.mkv'] }),
    video('a text with two ends', 'READ', "drawtext=text='a',movie=@MEDIA@,null", { bites: true }),
  ]),
];
