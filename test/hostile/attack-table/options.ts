import { type Attack, inClass, input, output } from './rows.ts';

export const OPTION_ATTACKS: readonly Attack[] = [
  ...inClass('overriding safety options', [
    input('protocols of an input', 'NET', ['-protocol_whitelist', 'file,http,tcp,crypto,data']),
    input('formats of an input', 'READ', ['-format_whitelist', 'hls,concat,mov']),
    input('a blacklist emptied', 'READ', ['-protocol_blacklist', 'none']),
    input('any extension in a playlist', 'READ', ['-allowed_extensions', 'ALL']),
    input('external references of a MOV', 'READ', ['-enable_drefs', '1', '-use_absolute_path', '1']),
    input('largest allocation', 'MEMORY', ['-max_alloc', '9000000000000']),
    input('streams without limit', 'MEMORY', ['-max_streams', '1000000']),
    input('a probe of everything', 'HANG', ['-probesize', '2147483647', '-analyzeduration', '2147483647'], {
      verdict: 'ignored',
    }),
    output('threads without limit', 'MEMORY', ['-filter_threads', '4096']),
    output('an endless queue', 'MEMORY', ['-thread_queue_size', '100000000']),
    output('another log level', 'LEAK-LOG', ['-loglevel', 'trace'], { verdict: 'ignored' }),
    output('the short form of the log level', 'LEAK-LOG', ['-v', '99']),
    output('standard input again', 'HANG', ['-stdin']),
    output('keeps running after errors', 'CONFUSE', ['-xerror'], { verdict: 'ignored' }),
    output('its own size limit', 'CONFUSE', ['-fs', '900000000000']),
  ]),
  ...inClass('a value from a file', [
    output('of a filter option', 'READ LEAK-LOG', ['-/filter:v', '@SECRET@'], { bites: true }),
    output('of -vf', 'READ LEAK-LOG', ['-/vf', '@SECRET@'], { bites: true }),
    output('of a duration', 'READ LEAK-LOG', ['-/t', '@SECRET@'], { bites: true }),
    output('of a tag', 'READ LEAK-OUT', ['-/metadata', '@SECRET@'], { bites: true }),
    output('of the codec', 'READ LEAK-LOG', ['-/c:v', '@SECRET@'], { bites: true }),
    output('of the map', 'READ LEAK-LOG', ['-/map', '@SECRET@'], { bites: true }),
    output('of a graph', 'READ LEAK-LOG', ['-/filter_complex', '@SECRET@'], { bites: true }),
    input('of an input option', 'READ LEAK-LOG', ['-/ss', '@SECRET@'], { bites: true }),
    output('-filter_script', 'READ LEAK-LOG', ['-filter_script:v', '@SECRET@'], { bites: true }),
    output('-filter_complex_script', 'READ LEAK-LOG', ['-filter_complex_script', '@SECRET@'], { bites: true }),
    output('a preset file', 'READ', ['-fpre', '@SECRET@'], { bites: true }),
    output('a video preset file', 'READ', ['-vpre', '@SECRET@']),
    output('an audio preset by path', 'READ', ['-apre', '../../../@SECRET@']),
  ]),
  ...inClass('a file or socket in addition to the output', [
    output('progress to a file', 'WRITE', ['-progress', '@OUTSIDE@/progress'], { bites: true }),
    output('progress to a socket', 'NET', ['-progress', 'tcp://@ADDRESS@'], { bites: true }),
    output('progress over HTTP', 'NET', ['-progress', '@URL@'], { bites: true }),
    output('a report', 'WRITE', ['-report']),
    output('statistics of frames', 'WRITE', ['-vstats_file', '@OUTSIDE@/vstats'], { bites: true }),
    output('statistics under the default name', 'WRITE', ['-vstats']),
    output('a two-pass log', 'WRITE', ['-pass', '1', '-passlogfile', '@OUTSIDE@/pass'], { bites: true }),
    output('encoder statistics', 'WRITE', ['-stats_enc_post:v:0', '@OUTSIDE@/stats'], { bites: true }),
    output('encoder statistics before', 'WRITE', ['-stats_enc_pre:v:0', '@OUTSIDE@/stats'], { bites: true }),
    output('muxer statistics', 'WRITE', ['-stats_mux_pre:v:0', '@OUTSIDE@/stats'], { bites: true }),
    output('a session description', 'WRITE', ['-sdp_file', '@OUTSIDE@/sdp']),
    output('printed graphs', 'WRITE', ['-print_graphs_file', '@OUTSIDE@/graphs']),
    output('an attachment', 'READ LEAK-OUT', ['-attach', '@SECRET@', '-metadata:s:t', 'mimetype=text/plain'], {
      bites: true,
    }),
    input('a dumped attachment', 'WRITE', ['-dump_attachment:t', '@OUTSIDE@/attachment']),
    output('a second output', 'WRITE', ['-y', '@OUTSIDE@/second.mkv', '-c', 'copy'], { bites: true }),
    output('a second output by URL', 'NET', ['-f', 'matroska', '@URL@'], { bites: true }),
    output('a second input', 'READ', ['-i', '@MEDIA@', '-map', '1'], { bites: true }),
    output('tags of another file', 'READ', ['-i', '@MEDIA@', '-map_metadata', '1'], { bites: true }),
    input('another demuxer', 'READ', ['-f', 'concat', '-safe', '0']),
    output('data streams copied', 'LEAK-OUT', ['-f', 'data', '-map', '0']),
    output('a cue file', 'READ', ['-hls_key_info_file', '@SECRET@', '-f', 'hls'], { bites: true }),
  ]),
  ...inClass('muxers that open other files', [
    output('tee to a file', 'WRITE', ['-map', '0', '-c', 'copy', '-f', 'tee', '[f=matroska]@OUTSIDE@/tee.mkv'], {
      bites: true,
      argv: ['-i', '@IN@', '-map', '0', '-c', 'copy', '-f', 'tee', '[f=matroska]@OUTSIDE@/tee.mkv'],
    }),
    output('tee to a socket', 'NET', ['-f', 'tee', '[f=mpegts]tcp://@ADDRESS@'], {
      bites: true,
      argv: ['-i', '@IN@', '-map', '0', '-c', 'copy', '-f', 'tee', '[f=matroska]tcp://@ADDRESS@'],
    }),
    output('segments elsewhere', 'WRITE', ['-f', 'segment', '-segment_list', '@OUTSIDE@/list'], {
      bites: true,
      argv: ['-i', '@IN@', '-f', 'segment', '-segment_list', '@OUTSIDE@/list.csv', '@OUT@/o%d.mkv'],
    }),
    output('stream segments elsewhere', 'WRITE', ['-f', 'stream_segment'], {
      bites: true,
      argv: ['-i', '@IN@', '-f', 'stream_segment', '@OUTSIDE@/s%d.mkv'],
    }),
    output('HLS segments elsewhere', 'WRITE', ['-f', 'hls', '-hls_segment_filename', '@OUTSIDE@/h%d.ts'], {
      bites: true,
      argv: ['-i', '@IN@', '-f', 'hls', '-hls_segment_filename', '@OUTSIDE@/h%d.ts', '@OUT@/o.m3u8'],
    }),
    output('an HLS key', 'READ', ['-hls_key_info_file', '@SECRET@'], {
      argv: ['-i', '@IN@', '-f', 'hls', '-hls_key_info_file', '@SECRET@', '@OUT@/o.m3u8'],
      bites: true,
    }),
    output('HLS by HTTP', 'NET', ['-f', 'hls', '-method', 'PUT'], {
      argv: ['-i', '@IN@', '-f', 'hls', '-method', 'PUT', '@URL@.m3u8'],
      bites: true,
    }),
    output('DASH segments elsewhere', 'WRITE', ['-f', 'dash', '-init_seg_name', '../o'], {
      argv: ['-i', '@IN@', '-f', 'dash', '@OUTSIDE@/o.mpd'],
      bites: true,
    }),
    output('a FIFO to a socket', 'NET', ['-f', 'fifo', '-fifo_format', 'mpegts'], {
      argv: ['-i', '@IN@', '-map', '0', '-c', 'copy', '-f', 'fifo', '-fifo_format', 'matroska', 'tcp://@ADDRESS@'],
      bites: true,
    }),
    output('RTP', 'NET', ['-f', 'rtp'], { argv: ['-i', '@IN@', '-an', '-f', 'rtp', 'rtp://@ADDRESS@'] }),
    output('RTMP', 'NET', ['-f', 'flv'], {
      argv: ['-i', '@IN@', '-f', 'flv', 'rtmp://@ADDRESS@/a/b'],
      bites: true,
    }),
    output('a listening server', 'LISTEN', ['-listen', '1'], {
      argv: ['-i', '@IN@', '-f', 'mpegts', '-listen', '1', 'http://127.0.0.1:0/'],
    }),
    output('numbered pictures', 'WRITE', ['-f', 'image2', '-strftime', '1'], {
      argv: ['-i', '@IN@', '-f', 'image2', '@OUTSIDE@/p%d.png'],
      bites: true,
    }),
    output('a checksum of each frame', 'WRITE', ['-f', 'framecrc'], {
      argv: ['-i', '@IN@', '-f', 'framecrc', '@OUTSIDE@/crc'],
      bites: true,
    }),
    output('an ffmetadata file', 'WRITE', ['-f', 'ffmetadata'], {
      argv: ['-i', '@IN@', '-f', 'ffmetadata', '@OUTSIDE@/meta'],
      bites: true,
    }),
    output('MP4 with external data', 'WRITE', ['-f', 'ismv', '-movflags', 'isml+separate_moof'], {
      bites: true,
      argv: ['-i', '@IN@', '-f', 'smoothstreaming', '@OUTSIDE@/smooth'],
    }),
    output('the xv window', 'CONFUSE', ['-f', 'xv'], { argv: ['-i', '@IN@', '-f', 'xv', ':0'] }),
    output('the sound card', 'WRITE', ['-f', 'alsa'], { argv: ['-i', '@IN@', '-f', 'alsa', 'default'] }),
    output('a frame buffer', 'WRITE', ['-f', 'fbdev'], { argv: ['-i', '@IN@', '-f', 'fbdev', '/dev/fb0'] }),
    output('protocols of one muxer', 'NET', ['-hls_flags', 'independent_segments', '-http_persistent', '1']),
  ]),
  ...inClass('demuxers, protocols and devices as inputs', [
    input('lavfi', 'HANG', ['-f', 'lavfi'], {
      argv: ['-f', 'lavfi', '-i', 'testsrc2=s=4096x4096:r=120', '@OUT@/o.mkv'],
    }),
    input('lavfi that reads', 'READ', ['-f', 'lavfi', '-t', '1'], {
      argv: ['-f', 'lavfi', '-i', 'movie=@MEDIA@', '@OUT@/o.mkv'],
      bites: true,
    }),
    input('a list that names files', 'READ LEAK-OUT', ['-f', 'concat', '-safe', '0', '-t', '1'], {
      argv: ['-f', 'concat', '-safe', '0', '-i', '@CONCAT@', '-c', 'copy', '@OUT@/o.mkv'],
      bites: true,
    }),
    input('a playlist that names an address', 'NET', ['-f', 'hls', '-allowed_extensions', 'ALL'], {
      argv: ['-protocol_whitelist', 'file,http,tcp', '-allowed_extensions', 'ALL', '-i', '@HLS@', '@OUT@/o.mkv'],
      bites: true,
    }),
    input('raw bytes as pictures', 'READ LEAK-OUT', ['-f', 'rawvideo', '-pixel_format', 'gray', '-video_size', '4x4'], {
      argv: [
        '-f',
        'rawvideo',
        '-pixel_format',
        'gray',
        '-video_size',
        '4x4',
        '-i',
        '@SECRET@',
        '-c',
        'copy',
        '-f',
        'nut',
        '@OUT@/o',
      ],
      bites: true,
    }),
    input('raw bytes as audio', 'READ LEAK-OUT', ['-f', 'u8', '-ar', '8000'], {
      argv: ['-f', 'u8', '-ar', '8000', '-i', '@SECRET@', '-c', 'copy', '-f', 'wav', '@OUT@/o'],
      bites: true,
    }),
    input('a pattern over a folder', 'READ', ['-pattern_type', 'glob', '-f', 'image2'], {
      argv: ['-f', 'image2', '-pattern_type', 'glob', '-i', '@OUTSIDE@/../*.png', '@OUT@/o.mkv'],
    }),
    input('the screen', 'READ', ['-f', 'x11grab'], { argv: ['-f', 'x11grab', '-i', ':0', '@OUT@/o.mkv'] }),
    input('a camera', 'READ', ['-f', 'v4l2'], { argv: ['-f', 'v4l2', '-i', '/dev/video0', '@OUT@/o.mkv'] }),
    input('a microphone', 'READ HANG', ['-f', 'alsa'], { argv: ['-f', 'alsa', '-i', 'default', '@OUT@/o.mkv'] }),
    input('the frame buffer', 'READ', ['-f', 'fbdev'], { argv: ['-f', 'fbdev', '-i', '/dev/fb0', '@OUT@/o.mkv'] }),
    input('a graphics device', 'READ', ['-init_hw_device', 'vaapi=foo:/dev/dri/renderD128']),
    input('a decoder on a device', 'READ', ['-hwaccel', 'vaapi', '-hwaccel_device', '/dev/dri/renderD128']),
    input('an address as input', 'NET', ['-headers', 'X: y'], { argv: ['-i', '@URL@', '@OUT@/o.mkv'], bites: true }),
    input('a socket as input', 'LISTEN', ['-listen', '1'], {
      argv: ['-f', 'mpegts', '-i', 'tcp://127.0.0.1:0?listen', '@OUT@/o.mkv'],
    }),
    input('UDP as input', 'LISTEN', ['-localaddr', '0.0.0.0'], {
      argv: ['-f', 'mpegts', '-i', 'udp://127.0.0.1:39871', '@OUT@/o.mkv'],
    }),
    input('a proxy', 'NET', ['-http_proxy', '@URL@'], {
      argv: ['-http_proxy', '@URL@', '-i', 'http://192.0.2.1/x', '@OUT@/o.mkv'],
      bites: true,
    }),
    input('a file by file:', 'READ', ['-cache', '1'], { argv: ['-i', 'file:@MEDIA@', '@OUT@/o.mkv'], bites: true }),
    input('a part of a file', 'READ LEAK-OUT', ['-skip_initial_bytes', '10'], {
      argv: ['-f', 'u8', '-i', 'subfile,,start,0,end,64,,:@SECRET@', '-c', 'copy', '-f', 'wav', '@OUT@/o'],
      bites: true,
    }),
    input('joined files', 'READ LEAK-OUT', ['-f', 'u8'], {
      argv: ['-f', 'u8', '-i', 'concat:@SECRET@|@SECRET@', '-c', 'copy', '-f', 'wav', '@OUT@/o'],
      bites: true,
    }),
    input('another descriptor', 'READ', ['-fd', '3'], { argv: ['-i', 'pipe:3', '@OUT@/o.mkv'] }),
  ]),
];
