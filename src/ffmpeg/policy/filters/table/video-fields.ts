import type { FilterSpec, OptionTexts, PadKind } from '../types.ts';
import { boolean, integer, number, pattern } from './values.ts';
import { isOn, named, PARITY, video } from './video-rows.ts';

const FIRST_FIELD = named('top t=0 bottom=1 b=1');
const PULLDOWN = pattern(/^[1-9]{1,16}$/, 16, 'up to 16 digits from 1 to 9, such as 23');
const DEINTERLACE = named('all interlaced');

/** Inputs of filters that match fields. With `ppsrc`, these filters read the picture from a second, cleaner copy. */
const cleanSource = (values: OptionTexts): readonly PadKind[] => (isOn(values, 'ppsrc') ? ['v', 'v'] : ['v']);

/** Filters for interlaced video: they separate and join fields, and reverse telecine. */
export const FIELD_FILTERS: readonly FilterSpec[] = [
  video(
    'yadif',
    'Deinterlaces.',
    {
      mode: named('send_frame send_field send_frame_nospatial send_field_nospatial'),
      parity: PARITY,
      deint: DEINTERLACE,
    },
    { timeline: true, example: 'yadif=0:-1:0' },
  ),
  video(
    'bwdif',
    'Deinterlaces with the Bob Weaver filter.',
    { mode: named('send_frame send_field'), parity: PARITY, deint: DEINTERLACE },
    { timeline: true, example: 'bwdif=mode=send_frame:deint=all' },
  ),
  video(
    'w3fdif',
    'Deinterlaces with the BBC filter.',
    { filter: named('simple complex'), mode: named('frame field'), parity: PARITY, deint: DEINTERLACE },
    { timeline: true, example: 'w3fdif=filter=complex:mode=frame' },
  ),
  video(
    'estdif',
    'Deinterlaces along the slopes of edges.',
    {
      mode: named('frame field'),
      parity: PARITY,
      deint: DEINTERLACE,
      rslope: integer(1, 15),
      redge: integer(0, 15),
      ecost: integer(0, 50),
      mcost: integer(0, 50),
      dcost: integer(0, 50),
      interp: named('2p 4p 6p'),
    },
    { timeline: true, example: 'estdif=mode=frame:interp=2p' },
  ),
  video(
    'interlace',
    'Converts progressive video to interlaced video.',
    { scan: named('tff bff'), lowpass: named('off linear complex') },
    { example: 'interlace=scan=tff:lowpass=complex' },
  ),
  video(
    'tinterlace',
    'Interlaces or merges consecutive frames.',
    { mode: named('merge drop_even drop_odd pad interleave_top interleave_bottom interlacex2 mergex2') },
    { example: 'tinterlace=mode=interleave_top' },
  ),
  video(
    'fieldorder',
    'Changes the field order.',
    { order: named('bff tff') },
    { timeline: true, example: 'fieldorder=bff' },
  ),
  video('field', 'Extracts one field of each frame.', { type: named('top bottom') }, { example: 'field=bottom' }),
  video(
    'setfield',
    'Marks the field order of frames.',
    { mode: named('auto=-1 bff tff prog') },
    { example: 'setfield=prog' },
  ),
  video('separatefields', 'Splits frames into fields.'),
  video('weave', 'Joins two fields into a frame.', { first_field: FIRST_FIELD }, { example: 'weave=first_field=top' }),
  video(
    'doubleweave',
    'Joins each pair of neighboring fields into a frame.',
    { first_field: FIRST_FIELD },
    { example: 'doubleweave=first_field=b' },
  ),
  video('repeatfields', 'Repeats fields as the video stream signals.'),
  video(
    'telecine',
    'Applies telecine.',
    { first_field: FIRST_FIELD, pattern: PULLDOWN },
    { example: 'telecine=first_field=top:pattern=23' },
  ),
  video(
    'detelecine',
    'Reverses telecine of a known pattern.',
    { first_field: FIRST_FIELD, pattern: PULLDOWN, start_frame: integer(0, 13) },
    { example: 'detelecine=pattern=23' },
  ),
  video(
    'pullup',
    'Reverses telecine, including mixed telecine.',
    {
      jl: integer(0, 64),
      jr: integer(0, 64),
      jt: integer(1, 64),
      jb: integer(1, 64),
      sb: boolean,
      mp: named('y u v'),
    },
    { example: 'pullup=jl=1:mp=y' },
  ),
  video(
    'dejudder',
    'Removes judder left by inverse telecine.',
    { cycle: integer(2, 240) },
    { example: 'dejudder=cycle=4' },
  ),
  video(
    'fieldmatch',
    'Matches fields to reverse telecine.',
    {
      order: named('auto=-1 bff tff'),
      mode: named('pc pc_n pc_u pc_n_ub pcn pcn_ub'),
      ppsrc: boolean,
      field: named('auto=-1 bottom top'),
      mchroma: boolean,
      y0: integer(0, 8192),
      y1: integer(0, 8192),
      scthresh: number(0, 100),
      combmatch: named('none sc full'),
      combdbg: named('none pcn pcnub'),
      cthresh: integer(-1, 255),
      chroma: boolean,
      blockx: integer(4, 512),
      blocky: integer(4, 512),
      combpel: integer(0, 262_144),
    },
    { inputs: cleanSource, example: 'fieldmatch=order=tff:combmatch=full' },
  ),
  video(
    'decimate',
    'Drops one of every few frames, a duplicate if there is one.',
    {
      cycle: integer(2, 25),
      dupthresh: number(0, 100),
      scthresh: number(0, 100),
      blockx: integer(4, 512),
      blocky: integer(4, 512),
      ppsrc: boolean,
      chroma: boolean,
      mixed: boolean,
    },
    { inputs: cleanSource, bufferedFrames: 25, example: 'decimate=cycle=5' },
  ),
  video(
    'mpdecimate',
    'Drops frames that hardly differ from the previous frame.',
    {
      max: integer(-100_000, 100_000),
      keep: integer(0, 100_000),
      hi: integer(0, 1_000_000),
      lo: integer(0, 1_000_000),
      frac: number(0, 1),
    },
    { example: 'mpdecimate=hi=768:lo=320:frac=0.33' },
  ),
  video(
    'il',
    'Separates or joins the two fields of each plane.',
    {
      luma_mode: named('none interleave i=1 deinterleave=2 d=2'),
      chroma_mode: named('none interleave i=1 deinterleave=2 d=2'),
      alpha_mode: named('none interleave i=1 deinterleave=2 d=2'),
      luma_swap: boolean,
      chroma_swap: boolean,
      alpha_swap: boolean,
    },
    {
      aliases: {
        l: 'luma_mode',
        c: 'chroma_mode',
        a: 'alpha_mode',
        ls: 'luma_swap',
        cs: 'chroma_swap',
        as: 'alpha_swap',
      },
      timeline: true,
      example: 'il=l=d:c=d',
    },
  ),
  video(
    'phase',
    'Delays video by one field.',
    { mode: named('p t b T B u U a A') },
    { timeline: true, example: 'phase=mode=A' },
  ),
];
