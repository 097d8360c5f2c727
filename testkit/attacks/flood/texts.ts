/** Returns lists that name themselves or private files. Each is sent as `.mp4`. `self` is the URL of the list. */
export function playlists(self: string): Record<string, Buffer> {
  const hls = (lines: string) => `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n${lines}\n`;
  const lists = {
    'a playlist of itself': hls(`#EXTINF:1,\n${self}\n#EXT-X-ENDLIST`),
    'a master playlist of itself': hls(`#EXT-X-STREAM-INF:BANDWIDTH=1\n${self}`),
    'a playlist of /etc/passwd': hls('#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST'),
    'a playlist whose key is a file': hls('#EXT-X-KEY:METHOD=AES-128,URI="/etc/shadow"\n#EXTINF:1,\na.ts'),
    'a live playlist': hls('#EXTINF:1,\n0.ts'),
    'a list of itself': `ffconcat version 1.0\n${"file '/in/0'\n".repeat(2000)}`,
    'a session description': 'v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n',
    'a DASH manifest of itself': `<?xml version="1.0"?><MPD type="dynamic"><Period><BaseURL>${self}</BaseURL></Period></MPD>`,
    'an XML of a billion laughs': `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">${laughs()}]><svg>&j;</svg>`,
    'a page': `<!doctype html><script>${'x'.repeat(20_000)}</script>`,
  };
  return Object.fromEntries(Object.entries(lists).map(([name, text]) => [name, Buffer.from(text)]));
}

function laughs(): string {
  return [...'bcdefghij'].map((name, at) => `<!ENTITY ${name} "${`&${'abcdefghi'[at]};`.repeat(10)}">`).join('');
}

/** Returns subtitles with many blurred drawings at the same time. */
export function heavyAss(events: number): Buffer {
  const drawing = `{\\blur80\\be40\\bord40\\t(\\frz3600)\\p1}m 0 0 ${Array.from({ length: 60 }, (_, at) => `l ${at * 7} ${(at % 2) * 900}`).join(' ')}{\\p0}`;
  const head = [
    ...['[Script Info]', 'ScriptType: v4.00+', 'PlayResX: 4096', 'PlayResY: 4096', '', '[V4+ Styles]'],
    'Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Italic, BorderStyle, Outline, Shadow, Alignment',
    'Style: D,Arial,400,&H00FFFFFF,0,0,1,20,20,5',
    ...['', '[Events]', 'Format: Layer, Start, End, Style, Text'],
  ];
  const lines = Array.from({ length: events }, (_, at) => `Dialogue: ${at},0:00:00.00,9:00:00.00,D,${drawing}`);
  return Buffer.from([...head, ...lines, ''].join('\n'));
}
