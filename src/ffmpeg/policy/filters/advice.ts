/** Filters that do more than compute, by FFmpeg's names, with the reason and a safe alternative. */
const SETS: readonly (readonly [names: string, reason: string, suggestion: string])[] = [
  [
    'sendcmd asendcmd',
    'runs a script that controls other filters',
    'Use expressions over t in the filters themselves, and enable=between(t,a,b).',
  ],
  ['zmq azmq', 'opens a network socket', 'Use expressions over t in the filters themselves.'],
  ['ladspa lv2', 'loads code from a plugin', 'Use a built-in audio filter, such as acompressor, aecho or equalizer.'],
  ['frei0r frei0r_src', 'loads code from a plugin', 'Use a built-in video filter, such as eq, hue, curves or boxblur.'],
  ['metadata ametadata', 'can write files and read every tag', 'Set tags with the option -metadata key=value.'],
  ['arnndn', 'loads a model from a file of the server', 'Use afftdn or anlmdn against noise.'],
  ['sofalizer', 'loads a file of the server', 'Use headphone, stereotools or pan.'],
  ['asr', 'loads a model from a file of the server', 'Use POST /v1/transcribe.'],
  ['flite', 'synthesises speech with voices of the server', 'Send the speech as an input.'],
  ['ocr', 'recognises text with data files of the server', 'Extract frames, and read them on your side.'],
  [
    'dnn_processing dnn_classify dnn_detect sr derain whisper libvmaf vmafmotion',
    'loads a model from a file of the server',
    'Leave it out, or use a filter without a model, such as unsharp or hqdn3d.',
  ],
  ['signature find_rect cover_rect removelogo', 'reads or writes files of the server', 'Use delogo to hide a logo.'],
  [
    'vidstabdetect vidstabtransform',
    'passes data between two runs through a file',
    'Use deshake, which needs one run.',
  ],
  ['nnedi', 'loads weights from a file of the server', 'Use bwdif or yadif.'],
  ['fsync', 'reads time stamps from a file of the server', 'Use fps.'],
  ['libplacebo', 'needs a graphics card and loads shaders', 'Use zscale and tonemap.'],
  [
    'showinfo ashowinfo blackdetect blackframe freezedetect idet scdet siti signalstats bitplanenoise blockdetect blurdetect ' +
      'bbox entropy identity msad psnr ssim ssim360 vif xpsnr corr asdr apsnr asisdr vfrdet readeia608 readvitc bench abench ' +
      'graphmonitor agraphmonitor latency alatency showpalette',
    'writes its results to the log, which a job does not return',
    'Leave it out: it changes nothing in the output.',
  ],
  ['qrencode qrencodesrc quirc', 'is not part of the FFmpeg build in use', 'Overlay a picture of the code.'],
  ['buffer abuffer buffersink abuffersink', 'belongs to FFmpeg itself', 'Leave it out: FFmpeg adds it.'],
  ['realtime arealtime cue acue', 'waits for the wall clock', 'Leave it out: a job runs as fast as it can.'],
];

const BY_NAME: ReadonlyMap<string, { reason: string; suggestion: string }> = new Map(
  SETS.flatMap(([names, reason, suggestion]) =>
    names.split(' ').map((name) => [name, { reason, suggestion }] as const),
  ),
);

const HARDWARE = /(?:_opencl|_vulkan|_vaapi|_cuda|_npp|_qsv|_vt|_amf|_d3d11|_rkrga)$|^(?:hw|openclsrc|program_opencl)/;
const DEVICES = /^(?:v4l2|x11grab|kmsgrab|alsa|pulse|jack|avfoundation|dshow|gdigrab|openal|fbdev|lavfi)$/;

/** Returns why a filter of FFmpeg is not in the table, with a safe alternative; null = no advice. */
export function filterAdvice(name: string): { reason: string; suggestion: string } | null {
  const known = BY_NAME.get(name);
  if (known) return known;
  if (HARDWARE.test(name)) {
    return {
      reason: 'needs a graphics card, and jobs have none',
      suggestion: `Use the filter without that suffix${/^[a-z]\w*_\w+$/.test(name) ? `, such as ${name.replace(/_[^_]*$/, '')}` : ''}.`,
    };
  }
  if (DEVICES.test(name)) {
    return { reason: 'names a device, and jobs have none', suggestion: 'Send the media as an input.' };
  }
  if (name === 'ffmpeg' || name.startsWith('-')) {
    return {
      reason: 'is an option of the command line, not a filter',
      suggestion: 'Send options in "options", and only the filter graph here.',
    };
  }
  return null;
}
