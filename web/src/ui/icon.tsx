/** Outlines on a grid of 24, drawn with a stroke of 1.75. */
const PATHS = {
  accounts:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c.4-3.6 3-5.5 6.5-5.5s6.1 1.9 6.5 5.5M16 4.6a3.3 3.3 0 0 1 0 6M18 14.8c2 .7 3.2 2.4 3.5 5.2',
  alert: 'M12 8.5v4.5M12 16.5v.01M10.3 4.2 2.9 17a2 2 0 0 0 1.7 3h14.8a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  circle: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M8.5 12.2l2.5 2.5 4.5-5',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  download: 'M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 11v5.5M12 7.6v.01',
  jobs: 'M4 6h16M4 12h16M4 18h10',
  key: 'M8 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M12.5 12H21v3.5M17.5 12v3',
  menu: 'M4 7h16M4 12h16M4 17h16',
  moon: 'M20 14.2A8.2 8.2 0 0 1 9.8 4 8.2 8.2 0 1 0 20 14.2',
  play: 'M7 4.5v15l12-7.5z',
  plus: 'M12 5v14M5 12h14',
  queue: 'M4 5h16v4H4zM4 12h11v3H4zM4 18h7v2H4z',
  refresh: 'M20 11a8 8 0 0 0-14.5-3.5L3.5 10M3.5 5v5h5M4 13a8 8 0 0 0 14.5 3.5l2-2.5M20.5 19v-5h-5',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13M15.5 15.5 20.5 20.5',
  shield: 'M12 3l8 3v6c0 4.6-3.3 7.7-8 9-4.7-1.3-8-4.4-8-9V6zM9 12l2.2 2.200L15.3 10',
  signout: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  storage:
    'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  stop: 'M6 6h12v12H6z',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M5.3 18.700l1.4-1.400M17.3 6.700l1.4-1.4',
  system: 'M4 5h16v11H4zM9 20h6M12 16v4',
  trash: 'M4.5 7h15M9.5 7V4h5v3M6.5 7l1 13h9l1-13',
  upload: 'M12 16V5M7.5 9.5 12 5l4.5 4.500M5 19.500h14',
  usage: 'M4 20V11M10 20V4M16 20v-6M21 20H3',
  webhook: 'M7 17.500a3 3 0 1 1 0-5.500M7 15h10M12 8.5 8 15M9.5 7a3 3 0 1 1 5 1.500L17 13M14.5 17.500A3 3 0 1 0 17 12',
  workers: 'M4 4h16v6H4zM4 14h16v6H4zM8 7v.01M8 17v.01',
} as const;

export type IconName = keyof typeof PATHS;

/** A decorative picture: the text next to it, or the label of its button, gives its meaning. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 24 24"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" width="28" height="28">
      <rect width="32" height="32" rx="8" fill="#0b6b74" />
      <circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-width="2.5" />
      <path d="M13.5 11.8v8.4l7-4.2z" fill="#fff" />
    </svg>
  );
}
