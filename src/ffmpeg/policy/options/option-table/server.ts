import { BOTH, choice, flag, INPUT, integer, NONE, type OptionRow, OUTPUT, pattern, row, time } from '../option-row.ts';

const ignored = { ignored: true };
const NUMBER = pattern(/^\d{1,12}[kKMG]?$/, 13, 'a number');
const LEVELS = 'quiet panic fatal error warning info verbose debug trace 0 8 16 24 32 40 48 56 -8'.split(' ');

/** Options that the server sets itself: accepted, so that copied command lines work, and dropped. */
export const SERVER_OPTIONS: readonly OptionRow[] = [
  row('threads', BOTH, ['v', 'a'], integer(0, 1024), 'Ignored: the server chooses.', ignored),
  row('filter_threads', OUTPUT, NONE, integer(0, 1024), 'Ignored: the server chooses.', ignored),
  row('filter_complex_threads', OUTPUT, NONE, integer(0, 1024), 'Ignored: the server chooses.', ignored),
  row(
    'thread_type',
    BOTH,
    NONE,
    choice(['slice', 'frame', 'slice+frame', 'frame+slice']),
    'Ignored: the server chooses.',
    ignored,
  ),
  row('y', BOTH, NONE, flag, 'Ignored: outputs are always new.', ignored),
  row('n', BOTH, NONE, flag, 'Ignored: outputs are always new.', ignored),
  row('hide_banner', BOTH, NONE, flag, 'Ignored.', ignored),
  row('nostdin', BOTH, NONE, flag, 'Ignored: always set.', ignored),
  row('loglevel', BOTH, NONE, choice(LEVELS), 'Ignored: errors are in error_message.', {
    ...ignored,
    aliases: { v: '' },
  }),
  row('stats', BOTH, NONE, flag, 'Ignored: read progress of the job.', ignored),
  row('nostats', BOTH, NONE, flag, 'Ignored: read progress of the job.', ignored),
  row('benchmark', BOTH, NONE, flag, 'Ignored.', ignored),
  row('xerror', BOTH, NONE, flag, 'Ignored.', ignored),
  row('ignore_unknown', BOTH, NONE, flag, 'Ignored: unknown streams are never copied.', ignored),
  row('copy_unknown', BOTH, NONE, flag, 'Ignored: unknown streams are never copied.', ignored),
  row('start_at_zero', BOTH, NONE, flag, 'Ignored: outputs start at zero.', ignored),
  row('re', INPUT, NONE, flag, 'Ignored: the server reads as fast as it can.', ignored),
  row(
    'readrate',
    INPUT,
    NONE,
    pattern(/^\d{1,3}(\.\d{1,3})?$/, 7, 'a number'),
    'Ignored: the server reads as fast as it can.',
    ignored,
  ),
  row('thread_queue_size', BOTH, NONE, integer(1, 1_000_000), 'Ignored: the server chooses.', ignored),
  row('max_muxing_queue_size', OUTPUT, ['v', 'a', 's'], integer(1, 1_000_000), 'Ignored: the server chooses.', ignored),
  row('probesize', INPUT, NONE, NUMBER, 'Ignored: the server chooses.', ignored),
  row('analyzeduration', INPUT, NONE, NUMBER, 'Ignored: the server chooses.', ignored),
  row('rtbufsize', INPUT, NONE, NUMBER, 'Ignored: nothing is read live.', ignored),
  row('stats_period', BOTH, NONE, time(0.01, 3600), 'Ignored: the server chooses.', ignored),
];
