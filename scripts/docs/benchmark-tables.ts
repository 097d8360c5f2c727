import { asChange, asRange, asShare, asText, type Cell, cell, type ReadFigure } from './benchmark-figures.ts';

/** A table of `docs/benchmarks.md`: its columns, and a function that returns its rows from the recorded figures. */
export interface FigureTable {
  columns: readonly string[];
  rows: (read: ReadFigure) => Cell[][];
}

const COMPARED: readonly (readonly [task: string, name: string, what: string])[] = [
  ['60 s of 1080p to 720p', 'overhead', '60 s of 1080p to 720p: wall, POST to end / plain'],
  ['60 s of 1080p at 27 Mbit/s to 720p', 'overhead', '60 s of 1080p to 720p, 27 Mbit/s: wall, POST to end / plain'],
  ['20 s of 720p VP9, including upload and download', 'client', '20 s of 720p VP9, to disk / plain'],
  ['A clip of 1.5 s, including upload and download', 'client', '1.5 s clip, to disk - plain'],
  ['40 tiny clips, four at a time, compared with `xargs -P2 ffmpeg`', 'client', '40 tiny jobs / xargs -P2 ffmpeg'],
  [
    '200 MB over a 100 Mbit/s link, encoded to 480p while they arrive, compared with upload, encode, download',
    'arriving',
    '200 MB at 100 Mbit/s to 480p, to disk / plain',
  ],
  [
    'The command of a job with three sizes of one video, without the service, compared with three `ffmpeg` commands',
    'producers',
    '3 sizes from one decode: time / three plain ffmpeg',
  ],
  [
    '200 MB from a remote source to remote storage, both at 200 Mbit/s, encoded to 480p, compared with download, encode, upload',
    'throttled',
    '200 MB at 200 Mbit/s, encoded to 480p / naive service',
  ],
  ['The same, copied instead of encoded', 'throttled', 'the same, copied / naive service'],
  [
    'A copy of 521 MB from MP4 to MP4, compared with copying the file in, `ffmpeg -c copy`, and copying the output out',
    'copy',
    'copy of 521 MB: POST to end / copy in, ffmpeg, copy out',
  ],
];

export const TIMES: FigureTable = {
  columns: ['Task', 'Airlock compared with `ffmpeg`', 'Smallest to largest'],
  rows: (read) => [
    ...COMPARED.map(([task, name, what]) => {
      const figure = read(name, what);
      return [task, cell(figure, asChange), cell(figure, asRange)];
    }),
    [
      '60 s of 1080p that already meets its preset, compared with encoding it again',
      cell(
        read('copy', '60 s 1080p that satisfies the preset: POST to end / plain re-encode'),
        (row) => `${asShare(row)} of the time`,
      ),
      '',
    ],
  ],
};

const CLIENTS_COMPARED: readonly (readonly [client: string, what: string])[] = [
  ['The [SDK](sdk.md): a short job', 'short job, SDK - requests'],
  ['The documented `curl` commands: a short job', 'short job, documented curl - the same requests'],
  ['`./airlock transcode`, including its start: a short job', 'short job, CLI with its start - requests'],
  ['The SDK: a copy of 521 MB to MP4', 'to MP4, SDK / requests'],
  ['The SDK: a copy of 521 MB to MKV', 'to MKV, SDK / requests'],
  [
    '`?wait=` before the `PUT`, compared with `?wait=` after it: a short job',
    'short job, wait before the PUT / after it',
  ],
  ['The same: 40 tiny jobs, four at a time', '40 tiny jobs, wait before the PUT / after it'],
];

export const CLIENTS: FigureTable = {
  columns: ['Client', 'Added time', 'Smallest to largest'],
  rows: (read) =>
    CLIENTS_COMPARED.map(([client, what]) => {
      const figure = read('recommended', what);
      return [client, what.includes(' / ') ? cell(figure, asChange) : cell(figure), cell(figure, asRange)];
    }),
};

export const LATENCIES: FigureTable = {
  columns: ['Step', 'Median', 'Other'],
  rows: (read) => {
    const step = (text: string, name: string, what: string) => [
      text,
      cell(read(name, `${what}, p50`)),
      cell(read(name, `${what}, p99`), (row) => `p99 ${asText(row)}`),
    ];
    const up = 'data directory, to ready.json, median';
    return [
      step('Create a job: request to response', 'accept', 'POST /v1/transcodes'),
      step('Create a job while 100 jobs a second arrive', 'rate', 'at 100 a second: POST to 201'),
      step(
        'Check a request without creating a job',
        'validate',
        'POST /v1/transcodes/validate, an overlay and a chain',
      ),
      step('From the creation of a job to its start, on an empty queue', 'start', 'created to started'),
      step('From the creation of a job to a running FFmpeg', 'start', 'created to FFmpeg running in its cell'),
      step('Confirm an upload of 60 s of 1080p', 'confirm', 'POST /v1/upload/confirm of 60 s of 1080p'),
      [
        'Cancel a job: from the request to the end of FFmpeg',
        '',
        cell(read('cancel', 'PATCH to the end of FFmpeg'), (row) => `at most ${asText(row)}`),
      ],
      [
        'A worker is killed with `kill -9`: until another machine runs FFmpeg for its job',
        '',
        cell(read('cancel', 'kill -9 of a worker'), (row) => `at most ${asText(row)}`),
      ],
      [
        'A picture from minute 30 of a remote one-hour video',
        cell(read('poster', 'picture at minute 30 of a remote hour, POST to end')),
        cell(read('poster', 'bytes fetched / size'), (row) => `reads ${asShare(row)} of the file`),
      ],
      [
        'A poster of an upload, on an idle machine',
        '',
        cell(read('beside', 'on an idle machine, p95'), (row) => `p95 ${asText(row)}`),
      ],
      [
        'A poster of an upload while a 4K job encodes',
        '',
        cell(read('beside', 'while a 4K job encodes, p95'), (row) => `p95 ${asText(row)}`),
      ],
      [
        '`./airlock up` until it is ready, with the self-test of the sandbox',
        cell(read('startup', `existing ${up}`)),
        '',
      ],
      ['The same on a new data directory', cell(read('startup', `new ${up}`)), ''],
    ];
  },
};

export const RATES: FigureTable = {
  columns: ['Work', 'Rate'],
  rows: (read) => [
    [
      'Jobs accepted from eight clients without pauses',
      cell(read('accepts', 'accepted in a second'), (row) => `${asText(row)} a second`),
    ],
    [
      'Jobs accepted at a fixed rate: the highest rate that one API sustains',
      cell(read('rate', 'highest rate sustained')),
    ],
    ['Jobs claimed by workers, with 100,000 waiting jobs of 1,000 accounts', cell(read('claims', 'claims a second'))],
    [
      'Uploads and downloads through the embedded storage',
      cell(read('passing', 'a second, both together'), (row) => `${asText(row)} a second`),
    ],
    ['One download of 542 MB from the embedded storage', cell(read('stalled', 'download of 542 MB'))],
  ],
};

export const MEMORY: FigureTable = {
  columns: ['State', 'PSS', 'RSS'],
  rows: (read) =>
    [
      ['Ten seconds after the start', 'idle: '],
      ['Ten seconds after 20 jobs', 'idle after 20 jobs: '],
    ].map(([state = '', when]) => [
      state,
      cell(read('memory', `${when}PSS summed (shared pages once)`)),
      cell(read('memory', `${when}RSS summed`)),
    ]),
};

export const POOLS: FigureTable = {
  columns: ['Request of a new account', 'Alone', 'With 2 greedy accounts', 'With 6', 'With 40'],
  rows: (read) =>
    [
      ['Light job from a URL, with a delivery', 'job from a URL, delivered'],
      ['Probe of a URL', 'probe'],
      ['`POST /v1/connections`', 'new connection'],
      ['Upload of a small file, with its confirm', 'confirm'],
    ].map(([request = '', name]) => [
      request,
      ...['alone', 'with 2 greedy accounts', 'with 6 greedy accounts', 'with 40 greedy accounts'].map((company) =>
        cell(read('pools', `${name} ${company}`)),
      ),
    ]),
};

export const STALLED: FigureTable = {
  columns: [
    '2,000 downloads of',
    'Memory added',
    'Left 12 s after their end',
    'Download of 1 MB by a new account, p99',
  ],
  rows: (read) =>
    [1, 3, 40].map((accounts) => {
      const measured = (what: string) => cell(read('stalled', `downloads of ${accounts} accounts: ${what}`));
      return [
        accounts === 1 ? 'one account' : `${accounts} accounts`,
        measured('added meanwhile'),
        measured('left after 12 s'),
        measured('1 MB of a new account, p99'),
      ];
    }),
};

export const DOCUMENTS: FigureTable = {
  columns: ['Addresses that download `/openapi.json`', 'List of another client, median', 'p99'],
  rows: (read) =>
    [0, 1, 8].map((addresses) => {
      const list = `${addresses} addresses: GET /v1/transcodes`;
      return [
        addresses === 0 ? 'none' : String(addresses),
        cell(read('documents', `${list}, median`)),
        cell(read('documents', `${list}, p99`)),
      ];
    }),
};

export const CONNECTIONS: FigureTable = {
  columns: ['Request of another client', 'p99 alone', 'p99 during the attack'],
  rows: (read) =>
    [
      ['List of jobs', 'list'],
      ['URL for an upload', 'presign'],
      ['Upload of 1 kB', 'PUT of 1 kB'],
      ['Download of a small output', 'download of a small output'],
    ].map(([request = '', what]) => [
      request,
      cell(read('connections', `${what} alone, p99`)),
      cell(read('connections', `${what} during the attack, p99`)),
    ]),
};

export const FLOOD: FigureTable = {
  columns: ['Request', 'Median', 'p99'],
  rows: (read) => [
    [
      '`GET /health-check` while 150 hostile files and legitimate jobs arrive',
      cell(read('flood', 'GET /health-check, p50')),
      cell(read('flood', 'GET /health-check, p99')),
    ],
  ],
};
