import {
  BOTH,
  BOTH_VA,
  choice,
  flag,
  INPUT,
  integer,
  type OptionRow,
  OUTPUT,
  OUTPUT_VAS,
  pattern,
  row,
  time,
} from '../option-row.ts';

const ignored = { ignored: true };
const NUMBER = pattern(/^\d{1,12}[kKMG]?$/, 13, 'a number');
const LEVELS = 'quiet panic fatal error warning info verbose debug trace 0 8 16 24 32 40 48 56 -8'.split(' ');

/** Options that the server sets itself. They are accepted, so that copied command lines work, and then dropped. */
export const SERVER_OPTIONS: readonly OptionRow[] = [
  row('threads', BOTH_VA, integer(0, 1024), 'Ignored: the server chooses.', ignored),
  row('filter_threads', OUTPUT, integer(0, 1024), 'Ignored: the server chooses.', ignored),
  row('filter_complex_threads', OUTPUT, integer(0, 1024), 'Ignored: the server chooses.', ignored),
  row(
    'thread_type',
    BOTH,
    choice(['slice', 'frame', 'slice+frame', 'frame+slice']),
    'Ignored: the server chooses.',
    ignored,
  ),
  row('y', BOTH, flag, 'Ignored: outputs are always new.', ignored),
  row('n', BOTH, flag, 'Ignored: outputs are always new.', ignored),
  row('hide_banner', BOTH, flag, 'Ignored.', ignored),
  row('nostdin', BOTH, flag, 'Ignored: always set.', ignored),
  row('loglevel', BOTH, choice(LEVELS), 'Ignored: errors are in error_message.', {
    ...ignored,
    aliases: { v: '' },
  }),
  row('stats', BOTH, flag, 'Ignored: read progress of the job.', ignored),
  row('nostats', BOTH, flag, 'Ignored: read progress of the job.', ignored),
  row('benchmark', BOTH, flag, 'Ignored.', ignored),
  row('xerror', BOTH, flag, 'Ignored.', ignored),
  row('ignore_unknown', BOTH, flag, 'Ignored: unknown streams are never copied.', ignored),
  row('copy_unknown', BOTH, flag, 'Ignored: unknown streams are never copied.', ignored),
  row('start_at_zero', BOTH, flag, 'Ignored: outputs start at zero.', ignored),
  row('re', INPUT, flag, 'Ignored: the server reads as fast as it can.', ignored),
  row(
    'readrate',
    INPUT,
    pattern(/^\d{1,3}(\.\d{1,3})?$/, 7, 'a number'),
    'Ignored: the server reads as fast as it can.',
    ignored,
  ),
  row('thread_queue_size', BOTH, integer(1, 1_000_000), 'Ignored: the server chooses.', ignored),
  row('max_muxing_queue_size', OUTPUT_VAS, integer(1, 1_000_000), 'Ignored: the server chooses.', ignored),
  row('probesize', INPUT, NUMBER, 'Ignored: the server chooses.', ignored),
  row('analyzeduration', INPUT, NUMBER, 'Ignored: the server chooses.', ignored),
  row('rtbufsize', INPUT, NUMBER, 'Ignored: nothing is read live.', ignored),
  row('stats_period', BOTH, time(0.01, 3600), 'Ignored: the server chooses.', ignored),
];
