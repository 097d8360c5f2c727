import * as lists from '../option-lists.ts';
import {
  BOTH_V,
  choice,
  flag,
  flags,
  INPUT_V,
  INPUT_VA,
  integer,
  number,
  type OptionRow,
  OUTPUT,
  OUTPUT_V,
  rate,
  ratio,
  row,
  size,
  words,
} from '../option-row.ts';

/** Options of frames: rate, size, format and color. */
export const PICTURE_OPTIONS: readonly OptionRow[] = [
  row('r', BOTH_V, rate(120), 'Frames per second.', { example: 10 }),
  row('fpsmax', OUTPUT_V, rate(120), 'Maximum frames per second.', { example: 30 }),
  row(
    'fps_mode',
    OUTPUT_V,
    choice(['auto', 'cfr', 'vfr', 'passthrough'], lists.FPS_MODE_NUMBERS),
    'Constant or variable frame rate.',
    {
      aliases: { vsync: '' },
    },
  ),
  row('force_fps', OUTPUT_V, flag, 'Keeps the frame rate of `-r` even if the codec prefers another rate.'),
  row('s', OUTPUT_V, size, 'Frame size.', { example: '160x90' }),
  row('aspect', OUTPUT_V, ratio, 'Display aspect.', { example: '16:9' }),
  row('pix_fmt', OUTPUT_V, choice(lists.PIXEL_FORMATS, lists.PIXEL_FORMAT_NAMES), 'Pixel format.'),
  row('autoscale', OUTPUT_V, flag, 'Scales later frames to the size of the first frame. Always on.'),
  row('noautoscale', OUTPUT_V, flag, 'Lets the frame size change within the stream.'),
  row('sws_flags', OUTPUT, flags(lists.SCALER_FLAGS.join(' ')), 'Flags of the scaler.', {
    aliases: { sws_flag: '' },
    example: 'lanczos',
  }),
  row('color_primaries', OUTPUT_V, choice(lists.COLOR_PRIMARIES), 'Tag of the color primaries.'),
  row('color_trc', OUTPUT_V, choice(lists.COLOR_TRANSFERS), 'Tag of the transfer curve.'),
  row('colorspace', OUTPUT_V, choice(lists.COLOR_SPACES), 'Tag of the color matrix.', { example: 'bt709' }),
  row(
    'color_range',
    OUTPUT_V,
    choice(['tv', 'pc'], { '1': 'tv', '2': 'pc', mpeg: 'tv', jpeg: 'pc', limited: 'tv', full: 'pc' }),
    'Tag of the color range.',
  ),
  row(
    'chroma_sample_location',
    OUTPUT_V,
    choice(['left', 'center', 'topleft', 'top', 'bottomleft', 'bottom', 'unspecified']),
    'Tag of the position of chroma samples.',
  ),
  row('field_order', OUTPUT_V, words('progressive tt bb tb bt'), 'Tag of the field order.'),
  row('autorotate', INPUT_V, flag, 'Rotates the picture as its tag requires. Always on.'),
  row('display_rotation', INPUT_V, number(-360, 360), 'Rotates the picture by a number of degrees counterclockwise.', {
    example: 90,
  }),
  row('display_hflip', INPUT_V, flag, 'Mirrors the picture left to right.'),
  row('display_vflip', INPUT_V, flag, 'Mirrors the picture top to bottom.'),
  row('skip_frame', INPUT_V, words('none default noref bidir nointra nokey'), 'Frames that the decoder skips.'),
  row('skip_loop_filter', INPUT_V, words('none default noref bidir nokey all'), 'Frames whose loop filter is skipped.'),
  row('lowres', INPUT_V, integer(0, 3), 'Decodes at a smaller size. Each step halves the sides.'),
  row('err_detect', INPUT_VA, flags(lists.ERROR_FLAGS.join(' ')), 'What counts as an error.', {
    example: 'ignore_err',
  }),
  row('ec', INPUT_V, flags('guess_mvs deblock favor_inter'), 'How the decoder conceals errors.'),
];
