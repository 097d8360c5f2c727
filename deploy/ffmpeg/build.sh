#!/bin/sh
# Builds a trimmed FFmpeg from the distribution's own source package: no network, no devices, no plugins.
# Usage: build.sh PREFIX      (as root, best in a throw-away container or chroot: it installs build dependencies)
# JOBS=N limits the number of concurrent compilers.
# What comes out: PREFIX/bin/ffmpeg, PREFIX/bin/ffprobe, PREFIX/BUILD (what it was made of).
set -eu

prefix=${1:?usage: build.sh PREFIX}
case $prefix in /*) ;; *) echo "airlock: $prefix is not an absolute path" >&2; exit 2 ;; esac
if [ "$(id -u)" != 0 ]; then
  echo "airlock: building FFmpeg installs compilers; run it as root, best in a container of this release" >&2
  exit 2
fi
# One and the same place each time: configure writes its own command line into the program.
work=/usr/src/airlock-ffmpeg
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

# The libraries of the encoders, filters and pictures that Airlock's tables name, and nothing else.
libraries="libx264-dev libx265-dev libvpx-dev libsvtav1enc-dev libdav1d-dev libmp3lame-dev libopus-dev libvorbis-dev
  libwebp-dev libass-dev libfreetype-dev libfontconfig-dev libharfbuzz-dev libfribidi-dev libzimg-dev librubberband-dev
  libvidstab-dev libsoxr-dev libbs2b-dev librsvg2-dev zlib1g-dev libbz2-dev liblzma-dev"

# The sources of the archives that this system installs from, whichever mirror that is.
for list in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/ubuntu.sources; do
  [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" > /etc/apt/sources.list.d/airlock-ffmpeg-source.sources
done
[ ! -f /etc/apt/sources.list ] || sed -n 's/^deb /deb-src /p' /etc/apt/sources.list \
  > /etc/apt/sources.list.d/airlock-ffmpeg-source.list

export DEBIAN_FRONTEND=noninteractive
apt-get update
# shellcheck disable=SC2086 # a list of words
apt-get install -y --no-install-recommends build-essential dpkg-dev nasm pkg-config $libraries
cd "$work"
# apt checks the signature of the archive and the hash of every file of the source package.
apt-get source --only-source ffmpeg
version=$(dpkg-parsechangelog -l ffmpeg-*/debian/changelog -S Version)
date=$(dpkg-parsechangelog -l ffmpeg-*/debian/changelog -S Timestamp)
cd ffmpeg-*/

# The date of the package instead of today's, and no path of the build: the same source gives the same program.
export SOURCE_DATE_EPOCH="$date" LC_ALL=C TZ=UTC
flags="-O2 -g0 -fstack-protector-strong -D_FORTIFY_SOURCE=3 -fcf-protection -ffile-prefix-map=$PWD=."
[ "$(dpkg --print-architecture)" = amd64 ] || flags=$(echo "$flags" | sed 's/ -fcf-protection//')

./configure --prefix="$prefix" --extra-version="${version#*-}-airlock" \
  --disable-autodetect --disable-network --disable-avdevice --disable-devices \
  --disable-doc --disable-ffplay --disable-debug --disable-shared --enable-static --enable-pic \
  --disable-protocols --enable-protocol=file,pipe,fd,data \
  --disable-hwaccels --disable-vulkan --disable-opencl --disable-sdl2 --disable-xlib \
  --enable-gpl --enable-zlib --enable-bzlib --enable-lzma --enable-iconv \
  --enable-libx264 --enable-libx265 --enable-libvpx --enable-libsvtav1 --enable-libdav1d --enable-libmp3lame \
  --enable-libopus --enable-libvorbis --enable-libwebp --enable-libass --enable-libfreetype --enable-libfontconfig \
  --enable-libharfbuzz --enable-libfribidi --enable-libzimg --enable-librubberband --enable-libvidstab \
  --enable-libsoxr --enable-libbs2b --enable-librsvg \
  --disable-demuxer=rtsp,rtp,sdp,sap,hls,dash,concat,ffmetadata,imf,image2,webm_dash_manifest,tty,vapoursynth \
  --disable-muxer=rtsp,rtp,sap,rtp_mpegts,tee,fifo,fifo_test,stream_segment \
  --disable-filter=movie,amovie,azmq,zmq,sendcmd,asendcmd,dnn_detect,dnn_classify,dnn_processing,derain,sr \
  --extra-cflags="$flags" --extra-ldflags="-Wl,-z,relro,-z,now -pie" --extra-ldexeflags=-pie

make -j"${JOBS:-$(nproc)}" ffmpeg ffprobe
make install-progs
strip "$prefix/bin/ffmpeg" "$prefix/bin/ffprobe"
printf 'source package: ffmpeg %s\nsource date: %s\ncompiler: %s\n' "$version" "$date" "$(gcc --version | head -1)" \
  > "$prefix/BUILD"
(cd "$prefix/bin" && sha256sum ffmpeg ffprobe) >> "$prefix/BUILD"
"$prefix/bin/ffmpeg" -hide_banner -protocols
