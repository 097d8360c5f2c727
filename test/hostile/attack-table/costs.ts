import { type Attack, endless, graph, inClass, output, video } from './rows.ts';

const nested = (depth: number) => `${'if(1,'.repeat(depth)}1${',1)'.repeat(depth)}`;
const times = (count: number, text: string) => Array.from({ length: count }, () => text).join(',');

export const COST_ATTACKS: readonly Attack[] = [
  ...inClass('endless output', [
    endless('one frame repeated forever', 'HANG', 'vf', 'loop=loop=-1:size=1:start=0', { verdict: 'bounded' }),
    endless('audio repeated forever', 'HANG', 'af', 'aloop=loop=-1:size=1000', { verdict: 'bounded' }),
    endless('a still at the end forever', 'HANG', 'vf', 'tpad=stop=-1:stop_mode=clone', { verdict: 'bounded' }),
    endless('a still for years', 'HANG', 'vf', 'tpad=stop_mode=clone:stop_duration=99999999'),
    endless('silence forever', 'HANG', 'af', 'apad', { verdict: 'bounded' }),
    endless('silence for years', 'HANG', 'af', 'apad=pad_dur=999999999'),
    endless('zoom of a frame for years', 'HANG', 'vf', 'zoompan=d=1000000000'),
    endless('zoom by an expression', 'HANG', 'vf', "zoompan=d='pow(10,9)':s=4096x4096", { verdict: 'bounded' }),
    endless('excessive slowdown', 'HANG', 'vf', 'setpts=1000000*PTS,fps=120', { verdict: 'bounded' }),
    endless('an excessive frame rate', 'HANG', 'vf', 'fps=100000'),
    endless('a distant time', 'HANG', 'vf', 'setpts=PTS+1e9/TB*gt(N\\,3),fps=60', { verdict: 'bounded' }),
    endless('motion interpolation', 'HANG', 'vf', 'minterpolate=fps=100000:mi_mode=mci'),
    graph('an endless source', 'HANG', 'testsrc2=s=1920x1080:r=60[v]', {
      verdict: 'bounded',
      argv: ['-filter_complex', 'testsrc2=s=1920x1080:r=60[v]', '-map', '[v]', '@OUT@/o.mkv'],
    }),
    graph('an endless audio source', 'HANG', 'sine[a]', {
      verdict: 'bounded',
      argv: ['-filter_complex', 'sine[a]', '-map', '[a]', '@OUT@/o.wav'],
    }),
    graph('a source that lasts years', 'HANG', 'color=c=red:s=64x64:d=999999999[v]', {
      argv: ['-filter_complex', 'color=c=red:s=64x64:r=1000:d=999999999[v]', '-map', '[v]', '@OUT@/o.mkv'],
    }),
    graph('a fractal', 'HANG', 'mandelbrot=s=4096x4096:maxiter=1000000[v]', {
      argv: ['-filter_complex', 'mandelbrot=s=4096x4096:maxiter=1000000[v]', '-map', '[v]', '@OUT@/o.mkv'],
    }),
    output('an input that repeats forever', 'HANG', ['-stream_loop', '=-1'], {
      argv: ['-stream_loop', '-1', '-i', '@IN@', '@OUT@/o.mkv'],
    }),
    graph('too many copies joined', 'HANG', `[0:v]split=65[${'x'}];concat=n=1000000`),
  ]),
  ...inClass('memory', [
    endless('a reversed movie', 'MEMORY', 'vf', 'scale=4096:4096,loop=loop=2000:size=1,reverse', {
      verdict: 'bounded',
    }),
    endless('an excessive pad', 'MEMORY', 'vf', 'pad=w=30000:h=30000'),
    endless('an excessive scale', 'MEMORY', 'vf', 'scale=30000:30000'),
    endless('a scale by an expression', 'MEMORY', 'vf', 'scale=iw*200:ih*200', { verdict: 'unplanned' }),
    endless('a scale by steps', 'MEMORY', 'vf', 'scale=iw*8:ih*8,scale=iw*8:ih*8,scale=iw*8:ih*8', {
      verdict: 'unplanned',
    }),
    endless('excessive tiles', 'MEMORY', 'vf', 'tile=layout=500x500'),
    endless('a loop of many frames', 'MEMORY', 'vf', 'scale=2048:2048,loop=loop=1:size=32767', { verdict: 'bounded' }),
    endless('frames buffered for a mean', 'MEMORY', 'vf', 'scale=2048:2048,tmix=frames=1024'),
    endless(
      'frames buffered for a thumbnail',
      'MEMORY',
      'vf',
      'scale=2048:2048,loop=loop=3000:size=1,thumbnail=n=100000',
    ),
    endless('frames buffered for a median', 'MEMORY', 'vf', 'scale=2048:2048,tmedian=radius=127'),
    endless('an excessive blur', 'HANG', 'vf', 'scale=2048:2048,avgblur=sizeX=1024,gblur=sigma=1024:steps=6', {
      verdict: 'bounded',
    }),
    endless('an echo of hours', 'MEMORY', 'af', 'aecho=0.8:0.9:90000000:0.3'),
    endless('a delay of days', 'MEMORY', 'af', 'adelay=999999999999'),
    endless('an excessive audio rate', 'MEMORY', 'af', 'aresample=2000000000'),
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
    graph('an excessive layout', 'MEMORY', '[0:v]split[a][b];[a][b]xstack=inputs=2:layout=0_0|30000_30000'),
    graph('palettes', 'MEMORY', '[0:v]scale=16384:16384,split[a][b];[a]palettegen[p];[b][p]paletteuse'),
  ]),
  ...inClass('expressions', [
    video('a loop in an expression', 'HANG', "geq=lum='while(1,1)'"),
    video('a search for a root', 'HANG', "geq=lum='root(sin(ld(0)),1e9)'"),
    video('a series', 'HANG', "geq=lum='taylor(pow(2,ld(0)),1)'"),
    video('a series in a series', 'HANG', "crop=w='taylor(taylor(1,ld(0)),1)'"),
    video('an expression of thousands of terms', 'HANG', `crop=w='${'1+'.repeat(4000)}1'`),
    video('hundreds of nested calls', 'HANG', `crop=w='${nested(300)}'`),
    video('thousands of brackets', 'CONFUSE', `crop=w='${'('.repeat(5000)}1${')'.repeat(5000)}'`),
    video('thousands of signs', 'CONFUSE', `crop=w='${'-'.repeat(9000)}1'`),
    video('a cost for each pixel', 'HANG', `geq=lum='${'sin(X)*'.repeat(1500)}1'`),
    video('a store that grows', 'CONFUSE', "setpts='st(11,ld(11)+PTS)'", { verdict: 'bounded' }),
    video('not a number', 'CONFUSE', "scale=w='0/0':h=2", { verdict: 'bounded' }),
    video('an infinite number', 'CONFUSE', "scale=w='1/0':h=2"),
    video('an unknown variable', 'CONFUSE', 'scale=w=secret:h=2'),
    video('an unknown function', 'CONFUSE', "scale=w='system(1)':h=2"),
    video('a function with too many arguments', 'CONFUSE', "scale=w='sin(1,2,3)':h=2"),
    video('unbalanced brackets', 'CONFUSE', "scale=w='(((1':h=2"),
  ]),
  ...inClass('text of unusual size or shape', [
    video('a thousand filters', 'HANG', times(1000, 'hflip')),
    video('ten thousand characters', 'CONFUSE', `drawtext=text=${'x'.repeat(10_000)}`),
    video('a million characters', 'HANG', `${'hflip,'.repeat(20_000)}hflip`),
    video('unclosed quotes', 'CONFUSE', "drawtext=text='abc"),
    video('a backslash at the end', 'CONFUSE', 'drawtext=text=abc\\', { verdict: 'bounded' }),
    video('an unclosed bracket', 'CONFUSE', '[in'),
    video('an empty filter', 'CONFUSE', 'hflip,,vflip'),
    video('nothing but a semicolon', 'CONFUSE', ';'),
    graph('a label twice', 'CONFUSE', '[0:v]hflip[a];[0:v]vflip[a]'),
    graph('a cycle', 'CONFUSE', '[a]hflip[b];[b]vflip[a]'),
    graph('a label to itself', 'CONFUSE', '[a]hflip[a]'),
    graph('an undefined label', 'CONFUSE', '[0:v][nobody]overlay'),
    graph('an input that does not exist', 'CONFUSE', '[9:v]hflip'),
    graph('video into an audio filter', 'CONFUSE', '[0:v]volume=2'),
    video('a zero byte', 'CONFUSE', 'drawtext=text=a\u0000b', { argv: ['-i', '@IN@', '@OUT@/o.mkv'] }),
    video('a text that ends early', 'READ', "drawtext=text='a',movie=@MEDIA@,null", { bites: true }),
  ]),
];
