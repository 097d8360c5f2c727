import { createHash } from 'node:crypto';

/*
 * Describes how Airlock builds the trimmed FFmpeg from the distribution's source package. `deploy/ffmpeg/build.sh` builds FFmpeg with the
 * same libraries and options, for operators who prefer a build of their own. A test compares both recipes.
 */

/** Tools of the build, as names of Debian's packages. The root of the build contains no other packages, not even essential packages. */
const TOOLS: readonly string[] = [
  ...['bash', 'bzip2', 'coreutils', 'dash', 'diffutils', 'findutils', 'grep', 'gzip', 'mawk', 'sed', 'tar', 'xz-utils'],
  ...['binutils', 'dpkg', 'dpkg-dev', 'g++', 'gcc', 'libc6-dev', 'make', 'nasm', 'patch', 'perl', 'pkg-config'],
];

/** Libraries of the encoders, filters and pictures that Airlock's tables name. */
export const LIBRARIES: readonly string[] = [
  ...['libx264-dev', 'libx265-dev', 'libvpx-dev', 'libsvtav1enc-dev', 'libdav1d-dev', 'libmp3lame-dev', 'libopus-dev'],
  ...['libvorbis-dev', 'libwebp-dev', 'libass-dev', 'libfreetype-dev', 'libfontconfig-dev', 'libharfbuzz-dev'],
  ...['libfribidi-dev', 'libzimg-dev', 'librubberband-dev', 'libvidstab-dev', 'libsoxr-dev', 'libbs2b-dev'],
  ...['librsvg2-dev', 'zlib1g-dev', 'libbz2-dev', 'liblzma-dev'],
];

export const BUILD_PACKAGES: readonly string[] = [...TOOLS, ...LIBRARIES];

/** Options of FFmpeg's `configure` that decide what the program contains. */
export const OPTIONS: readonly string[] = [
  ...['--disable-autodetect', '--disable-network', '--disable-avdevice', '--disable-devices'],
  ...['--disable-doc', '--disable-ffplay', '--disable-debug', '--disable-shared', '--enable-static', '--enable-pic'],
  ...['--disable-protocols', '--enable-protocol=file,pipe,fd,data'],
  ...['--disable-hwaccels', '--disable-vulkan', '--disable-opencl', '--disable-sdl2', '--disable-xlib'],
  ...['--enable-gpl', '--enable-zlib', '--enable-bzlib', '--enable-lzma', '--enable-iconv'],
  ...['libx264', 'libx265', 'libvpx', 'libsvtav1', 'libdav1d', 'libmp3lame', 'libopus', 'libvorbis', 'libwebp'].map(
    (name) => `--enable-${name}`,
  ),
  ...['libass', 'libfreetype', 'libfontconfig', 'libharfbuzz', 'libfribidi', 'libzimg', 'librubberband'].map(
    (name) => `--enable-${name}`,
  ),
  ...['libvidstab', 'libsoxr', 'libbs2b', 'librsvg'].map((name) => `--enable-${name}`),
  '--disable-demuxer=rtsp,rtp,sdp,sap,hls,dash,concat,ffmetadata,imf,image2,webm_dash_manifest,tty,vapoursynth',
  '--disable-muxer=rtsp,rtp,sap,rtp_mpegts,tee,fifo,fifo_test,stream_segment',
  '--disable-filter=movie,amovie,azmq,zmq,sendcmd,asendcmd,dnn_detect,dnn_classify,dnn_processing,derain,sr',
];

/** The path that `configure` writes into the program. The build installs nothing at this path. */
const PREFIX = '/opt/airlock/ffmpeg';

const HARDENING = ['-O2', '-g0', '-fstack-protector-strong', '-D_FORTIFY_SOURCE=3'];

/**
 * Returns the arguments of `configure`.
 * @param version version of the source package, such as `7:7.1.5-0+deb13u1`; its revision becomes a part of the program's version
 * @param folder folder of the sources; the program does not contain its name
 * @param arch name of the architecture in Node.js
 */
export function configureArgs(version: string, folder: string, arch: string): string[] {
  const revision = version.slice(version.indexOf('-') + 1);
  const flags = [...HARDENING, ...(arch === 'x64' ? ['-fcf-protection'] : []), `-ffile-prefix-map=${folder}=.`];
  return [
    `--prefix=${PREFIX}`,
    `--extra-version=${revision}-airlock`,
    // The scripts of packages do not run, so Debian's usual alternatives `cc` and `c++` do not exist.
    ...['--cc=gcc', '--cxx=g++'],
    ...OPTIONS,
    `--extra-cflags=${flags.join(' ')}`,
    '--extra-ldflags=-Wl,-z,relro,-z,now -pie',
    '--extra-ldexeflags=-pie',
  ];
}

/** Identifies this recipe. A build with another recipe is not current. */
export function recipeId(): string {
  const recipe = { BUILD_PACKAGES, args: configureArgs('7:1-1', '/', process.arch) };
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}

/** Returns `7:7.1.5-0+deb13u1` for `ffmpeg version 7.1.5-0+deb13u1-airlock …`, and null for other builds. */
export function sourceOf(version: string): string | null {
  const match = /^ffmpeg version (\d+\.\d+(?:\.\d+)?-\S+)-airlock /.exec(version);
  return match ? `7:${match[1]}` : null;
}
