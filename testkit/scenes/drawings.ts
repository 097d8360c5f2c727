/*
 * Drawn scenes. With them, the pictures in the documentation and the tests of blueprints look like videos of people, and depend on no other
 * material. Each drawing is an SVG with its own size.
 */

const svg = (width: number, height: number, body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${body}</svg>`;

const gradient = (id: string, stops: readonly string[], vertical = true): string =>
  `<linearGradient id="${id}" x1="0" y1="0" x2="${vertical ? 0 : 1}" y2="${vertical ? 1 : 0}">${stops
    .map((color, at) => `<stop offset="${at / (stops.length - 1)}" stop-color="${color}"/>`)
    .join('')}</linearGradient>`;

const glow = (id: string, color: string): string =>
  `<radialGradient id="${id}"><stop offset="0" stop-color="${color}"/><stop offset="1" stop-color="${color}" stop-opacity="0"/></radialGradient>`;

/** A lake at dusk, 1280×720. */
export const LAKE = svg(
  1280,
  720,
  `<defs>${gradient('sky', ['#27306b', '#8a4a7d', '#f0846a', '#ffd29a'])}${gradient('water', ['#f3a780', '#a0557f', '#2b2c63'])}${glow('sun', '#fff1c9')}</defs>
  <rect width="1280" height="440" fill="url(#sky)"/>
  <circle cx="820" cy="372" r="260" fill="url(#sun)" opacity="0.9"/><circle cx="820" cy="372" r="58" fill="#fff3d2"/>
  <path d="M0 420 L150 300 L260 360 L430 220 L560 330 L690 270 L830 380 L960 300 L1120 210 L1280 320 L1280 440 L0 440Z" fill="#7d4a78"/>
  <path d="M0 440 L0 372 L120 340 L300 400 L460 330 L620 410 L780 440Z" fill="#553463"/>
  <path d="M760 440 L900 390 L1040 352 L1180 388 L1280 350 L1280 440Z" fill="#4a2e5c"/>
  <rect y="438" width="1280" height="282" fill="url(#water)"/>
  <g fill="#ffe2b0">${[0, 1, 2, 3, 4, 5, 6, 7, 8].map((row) => `<rect x="${820 - (150 - row * 9) / 2 + ((row * 37) % 40) - 20}" y="${452 + row * 27}" width="${150 - row * 9}" height="${4 + row * 0.6}" rx="3" opacity="${0.75 - row * 0.07}"/>`).join('')}</g>
  <path d="M0 720 L0 618 C140 590 260 640 400 668 C560 700 700 690 820 720Z" fill="#191a3d"/>`,
);

/** A sailing boat on a transparent background, 150×170. */
export const BOAT = svg(
  150,
  170,
  `<path d="M74 6 L74 128 L16 128Z" fill="#fff6e6"/><path d="M82 26 L82 128 L128 128Z" fill="#ffd9b8"/>
  <path d="M8 136 L142 136 C132 158 118 164 100 164 L46 164 C26 164 14 152 8 136Z" fill="#2a1c3f"/>`,
);

/** A cup of coffee at a window, 720×1280. */
export const CAFE = svg(
  720,
  1280,
  `<defs>${gradient('wall', ['#e9d8c4', '#d9bfa3', '#b98f6c'])}${gradient('pane', ['#bfe0ec', '#e8f3ef', '#f6efdd'])}${gradient('table', ['#8a5a3c', '#5f3b27'])}${gradient('cup', ['#ffffff', '#f1ece4', '#d5cbbf'], false)}${glow('light', '#fff7dd')}</defs>
  <rect width="720" height="1280" fill="url(#wall)"/>
  <rect x="90" y="90" width="540" height="600" rx="10" fill="#f8f2e7"/><rect x="112" y="112" width="496" height="556" fill="url(#pane)"/>
  <circle cx="220" cy="560" r="120" fill="#7fae86"/><circle cx="330" cy="610" r="110" fill="#69997a"/><circle cx="500" cy="580" r="130" fill="#8dbb8f"/>
  <rect x="112" y="640" width="496" height="30" fill="#5f8b70"/><rect x="350" y="112" width="20" height="556" fill="#f8f2e7"/><rect x="112" y="380" width="496" height="18" fill="#f8f2e7"/>
  <circle cx="560" cy="200" r="330" fill="url(#light)" opacity="0.65"/>
  <rect y="900" width="720" height="380" fill="url(#table)"/><ellipse cx="350" cy="1096" rx="250" ry="44" fill="#3f2618" opacity="0.5"/>
  <ellipse cx="350" cy="1070" rx="232" ry="46" fill="#efe7db"/><ellipse cx="350" cy="1062" rx="150" ry="26" fill="#d9cfc1"/>
  <path d="M500 850 C610 840 610 990 474 988" fill="none" stroke="#ece4d9" stroke-width="30"/>
  <path d="M196 800 L504 800 C506 930 470 1060 400 1066 L300 1066 C230 1060 194 930 196 800Z" fill="url(#cup)"/>
  <ellipse cx="350" cy="800" rx="154" ry="40" fill="#f7f2ea"/><ellipse cx="350" cy="804" rx="136" ry="31" fill="#5a331f"/>
  <path d="M350 786 C300 790 300 820 350 826 C400 820 400 790 350 786Z" fill="#c99a6b"/>`,
);

/** Steam above the cup, 300×320. */
export const STEAM = svg(
  300,
  320,
  `<g fill="none" stroke="#ffffff" stroke-linecap="round"><path d="M90 310 C40 240 150 200 96 110 C78 76 92 44 110 20" stroke-width="26" opacity="0.34"/>
  <path d="M190 310 C250 236 140 206 196 120 C216 84 204 52 188 30" stroke-width="22" opacity="0.28"/></g>`,
);

/** Photos of products on colored backgrounds, 1000×1000. */
export const PRODUCTS: readonly string[] = [
  product(
    ['#f4d8c6', '#e3a98b'],
    `<path d="M430 250 L570 250 L570 330 C680 400 720 520 690 640 C664 742 590 780 500 780 C410 780 336 742 310 640 C280 520 320 400 430 330Z" fill="url(#thing)"/>
     <ellipse cx="500" cy="250" rx="70" ry="16" fill="#1d4d50"/><path d="M372 470 C348 560 360 650 404 706" stroke="#8fd0c7" stroke-width="16" fill="none" stroke-linecap="round" opacity="0.7"/>
     <path d="M500 250 C480 170 420 130 380 96 M500 250 C510 150 560 120 600 80" stroke="#4d6b45" stroke-width="10" fill="none"/><circle cx="376" cy="96" r="34" fill="#f2a65a"/><circle cx="604" cy="80" r="38" fill="#e76f51"/>`,
    ['#2f8f8a', '#1f6568', '#123f45'],
  ),
  product(
    ['#cfd8ee', '#8fa3d1'],
    `<rect x="492" y="470" width="16" height="270" fill="#d8a24a"/><ellipse cx="500" cy="750" rx="130" ry="28" fill="#c08b35"/>
     <circle cx="500" cy="480" r="330" fill="url(#lit)" opacity="0.75"/><path d="M380 260 L620 260 L720 480 L280 480Z" fill="url(#thing)"/><ellipse cx="500" cy="480" rx="220" ry="26" fill="#fff4d0"/>`,
    ['#fdf6e3', '#f3dfb0', '#e2bd74'],
  ),
  product(
    ['#d7e7d2', '#8fb98d'],
    `<rect x="330" y="330" width="340" height="440" rx="40" fill="url(#thing)"/><path d="M420 330 C420 210 580 210 580 330" stroke="#5a3a24" stroke-width="26" fill="none"/>
     <rect x="330" y="520" width="340" height="34" fill="#5a3a24" opacity="0.55"/><rect x="470" y="500" width="60" height="80" rx="12" fill="#e7c07a"/><path d="M372 380 L372 480" stroke="#f3caa0" stroke-width="14" stroke-linecap="round" opacity="0.6"/>`,
    ['#c98a5b', '#a5653b', '#7c4526'],
  ),
];

function product([light, dark]: readonly [string, string], body: string, thing: readonly string[]): string {
  return svg(
    1000,
    1000,
    `<defs><radialGradient id="ground" cx="0.5" cy="0.42" r="0.75"><stop offset="0" stop-color="${light}"/><stop offset="1" stop-color="${dark}"/></radialGradient>${gradient('thing', thing, false)}${glow('shadow', '#20140c')}${glow('lit', '#fff3c4')}</defs>
     <rect width="1000" height="1000" fill="url(#ground)"/><ellipse cx="500" cy="790" rx="300" ry="56" fill="url(#shadow)" opacity="0.5"/>${body}`,
  );
}

/** A round logo on a transparent background, 400×400. */
export const LOGO = svg(
  400,
  400,
  `<circle cx="200" cy="200" r="190" fill="#ffffff"/><path d="M60 250 L150 150 L210 220 L262 160 L340 250Z" fill="#16324f"/><circle cx="262" cy="118" r="30" fill="#f29f58"/><rect x="60" y="270" width="280" height="16" rx="8" fill="#16324f"/>`,
);

/** A face, 400×400. */
export const FACE = svg(
  400,
  400,
  `<defs>${gradient('ground', ['#5aa9a3', '#2d6a78'])}</defs><rect width="400" height="400" fill="url(#ground)"/><path d="M70 400 C80 300 140 270 200 270 C260 270 320 300 330 400Z" fill="#f4b860"/>
  <circle cx="200" cy="180" r="92" fill="#8a5a44"/><path d="M104 176 C100 80 300 70 298 176 C270 130 150 126 104 176Z" fill="#2b1d1a"/><circle cx="168" cy="184" r="9" fill="#201513"/><circle cx="232" cy="184" r="9" fill="#201513"/><path d="M164 222 C184 244 216 244 236 222" stroke="#fff" stroke-width="9" fill="none" stroke-linecap="round"/>`,
);
