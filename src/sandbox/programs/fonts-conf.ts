export const FONTS_CONF_PATH = '/etc/fonts/fonts.conf';

/**
 * The only fontconfig file in the root image. It contains font and cache folders, aliases for metric-compatible fonts (Arial, Times New
 * Roman, Courier New → Liberation, as in fontconfig's own 30-metric-aliases), and generic families.
 */
export const FONTS_CONF = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <cachedir>/var/cache/fontconfig</cachedir>
${[
  ['Arial', 'Liberation Sans'],
  ['Helvetica', 'Liberation Sans'],
  ['Times New Roman', 'Liberation Serif'],
  ['Times', 'Liberation Serif'],
  ['Courier New', 'Liberation Mono'],
  ['Courier', 'Liberation Mono'],
]
  .map(
    ([name, font]) =>
      `  <alias binding="same"><family>${name}</family><accept><family>${font}</family></accept></alias>`,
  )
  .join('\n')}
${[
  ['sans-serif', ['Noto Sans', 'DejaVu Sans', 'Liberation Sans']],
  ['serif', ['Noto Serif', 'DejaVu Serif', 'Liberation Serif']],
  ['monospace', ['DejaVu Sans Mono', 'Noto Sans Mono', 'Liberation Mono']],
]
  .map(([name, fonts]) => {
    const prefer = (fonts as string[]).map((font) => `<family>${font}</family>`).join('');
    return `  <alias><family>${name}</family><prefer>${prefer}</prefer></alias>`;
  })
  .join('\n')}
  <match target="pattern">
    <test qual="all" name="family" compare="not_eq"><string>sans-serif</string></test>
    <test qual="all" name="family" compare="not_eq"><string>serif</string></test>
    <test qual="all" name="family" compare="not_eq"><string>monospace</string></test>
    <edit name="family" mode="append_last"><string>sans-serif</string></edit>
  </match>
  <config><rescan><int>0</int></rescan></config>
</fontconfig>
`;
