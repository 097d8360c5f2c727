/*
 * Libraries that FFmpeg is linked with and no job uses, by the names that programs use (`libssh.so.4`). A cell has no network, no device
 * except `/dev/urandom`, no display and no sound card, and the policy accepts no plug-ins, no speech recognition or synthesis, no discs and
 * no tracker music. In the image, these libraries are stubs (`image/stub-library.ts`), and the libraries that only they need are absent. So
 * FFmpeg starts in less than half the time, and a file that gains control of FFmpeg finds less code.
 * This list must never contain libraries that decode, encode or filter accepted media, nor libraries that FFmpeg calls before it knows the
 * type of a file: libgme returns the name of a type, which FFmpeg reads without a check. librsvg draws our text overlays.
 */
export const UNUSED_LIBRARIES: readonly RegExp[] = [
  // Network libraries: TLS, SSH, SRT, RIST, message queues.
  /^lib(?:gnutls|ssl|crypto|ssh|ssh-gcrypt|srt|srt-gnutls|srt-openssl|rist|rabbitmq|zmq|smbclient|rtmp)(?:\.|-\d)/,
  // Libraries for displays.
  /^lib(?:X11|Xext|Xv|xcb(?:-[a-z]+)?|SDL2-2|GL|caca|drm)\./,
  // Libraries for sound cards.
  /^lib(?:asound|openal|pulse|jack|sndio)\./,
  // Libraries for cameras and disc drives.
  /^lib(?:raw1394|avc1394|rom1394|iec61883|dc1394|cdio(?:_cdda|_paranoia)?|bluray|dvdnav|dvdread)\./,
  // Libraries for graphics processors.
  /^lib(?:va|va-drm|va-x11|vdpau|vpl|mfx|OpenCL|placebo)\./,
  // Libraries for plug-ins, and for speech recognition and synthesis.
  /^lib(?:lilv-0|flite(?:_[a-z0-9_]+)?|pocketsphinx|sphinxbase)\./,
  // JPEG XL, which no accepted picture or video uses. At each start, its library measures the clock for 4 ms.
  /^libjxl(?:_[a-z]+)?\./,
  // Libraries for tracker music and for fingerprints of music.
  /^lib(?:openmpt|chromaprint)\./,
];
