/** Filters that reach out of pure computation, and a safe way to get the same; keyed by names as FFmpeg has them. */
const SETS: readonly (readonly [names: string, reason: string, suggestion: string])[] = [
  [
    'sendcmd asendcmd',
    'takes a script that drives other filters',
    'Use expressions over t in the filters themselves, and enable=between(t,a,b).',
  ],
  ['zmq azmq', 'opens a network socket', 'Use expressions over t in the filters themselves.'],
  [
    'ladspa lv2',
    'loads code from a plugin',
    'Use the audio filters built in, such as acompressor, aecho or equalizer.',
  ],
  [
    'frei0r frei0r_src',
    'loads code from a plugin',
    'Use the video filters built in, such as eq, hue, curves or boxblur.',
  ],
  ['metadata ametadata', 'can write files and read every tag', 'Set tags with the option -metadata key=value.'],
  ['arnndn', 'loads a model from a file of the server', 'Use afftdn or anlmdn against noise.'],
  ['sofalizer', 'loads a file of the server', 'Use headphone, stereotools or pan.'],
  ['asr', 'loads a model from a file of the server', 'Use POST /v1/transcribe.'],
  ['flite', 'speaks text with voices of the server', 'Send the speech as an input.'],
  ['ocr', 'runs a recogniser with data of the server', 'Extract frames, and read them on your side.'],
  [
    'dnn_processing dnn_classify dnn_detect sr derain whisper libvmaf vmafmotion',
    'loads a model from a file of the server',
    'Leave it out, or use a filter that computes alone, such as unsharp or hqdn3d.',
  ],
  ['signature find_rect cover_rect removelogo', 'reads or writes files of the server', 'Use delogo to hide a logo.'],
  [
    'vidstabdetect vidstabtransform',
    'hands data on through a file between two runs',
    'Use deshake, which needs one run.',
  ],
  ['nnedi', 'loads weights from a file of the server', 'Use bwdif or yadif.'],
  ['fsync', 'reads time stamps from a file of the server', 'Use fps.'],
  ['libplacebo', 'needs a graphics card and loads shaders', 'Use zscale and tonemap.'],
  [
    'showinfo ashowinfo blackdetect blackframe freezedetect idet scdet siti signalstats bitplanenoise blockdetect blurdetect ' +
      'bbox entropy identity msad psnr ssim ssim360 vif xpsnr corr asdr apsnr asisdr vfrdet readeia608 readvitc bench abench ' +
      'graphmonitor agraphmonitor latency alatency showpalette',
    'writes what it finds into the log, which a job does not return',
    'Leave it out: it changes nothing in the output.',
  ],
  ['qrencode qrencodesrc quirc', 'is not built here', 'Overlay a picture of the code.'],
  ['buffer abuffer buffersink abuffersink', 'belongs to FFmpeg itself', 'Leave it out: FFmpeg adds it.'],
  ['realtime arealtime cue acue', 'waits for the clock of the wall', 'Leave it out: a job runs as fast as it can.'],
];

const BY_NAME: ReadonlyMap<string, { reason: string; suggestion: string }> = new Map(
  SETS.flatMap(([names, reason, suggestion]) =>
    names.split(' ').map((name) => [name, { reason, suggestion }] as const),
  ),
);

const HARDWARE = /(?:_opencl|_vulkan|_vaapi|_cuda|_npp|_qsv|_vt|_amf|_d3d11|_rkrga)$|^(?:hw|openclsrc|program_opencl)/;
const DEVICES = /^(?:v4l2|x11grab|kmsgrab|alsa|pulse|jack|avfoundation|dshow|gdigrab|openal|fbdev|lavfi)$/;

/** Why a filter of FFmpeg's is not on the list; null when it is not one that we have advice for. */
export function filterAdvice(name: string): { reason: string; suggestion: string } | null {
  const known = BY_NAME.get(name);
  if (known) return known;
  if (HARDWARE.test(name)) {
    return {
      reason: 'needs a graphics card, and jobs have none',
      suggestion: `Use the filter without that ending${/^[a-z]\w*_\w+$/.test(name) ? `, such as ${name.replace(/_[^_]*$/, '')}` : ''}.`,
    };
  }
  if (DEVICES.test(name)) {
    return { reason: 'names a device, and jobs have none', suggestion: 'Send the media as an input.' };
  }
  if (name === 'ffmpeg' || name.startsWith('-')) {
    return {
      reason: 'is an option of the command line, not a filter',
      suggestion: 'Send options in "options", and here the filter graph alone.',
    };
  }
  return null;
}
