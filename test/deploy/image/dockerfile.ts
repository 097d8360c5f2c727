/** One stage of a Dockerfile. */
export interface Stage {
  name: string;
  /** Name of another stage, or of the base image. */
  from: string;
  steps: Step[];
}

export interface Step {
  instruction: 'RUN' | 'COPY' | 'WORKDIR' | 'ENV' | 'USER' | 'ENTRYPOINT' | 'CMD' | 'VOLUME' | 'STOPSIGNAL';
  text: string;
}

const STEPS = new Set(['RUN', 'COPY', 'WORKDIR', 'ENV', 'USER', 'ENTRYPOINT', 'CMD', 'VOLUME', 'STOPSIGNAL']);

/** Returns the stages of a Dockerfile in their order. Throws for an unknown instruction. */
export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  for (const line of lines.map((one) => one.trim()).filter(Boolean)) {
    const [, instruction, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (instruction === 'ARG') continue;
    if (instruction === 'FROM') {
      const [, from, name] = /^(\S+) AS (\S+)$/.exec(rest!)!;
      stages.push({ name: name!, from: from!, steps: [] });
    } else if (instruction && STEPS.has(instruction)) {
      stages.at(-1)!.steps.push({ instruction: instruction as Step['instruction'], text: rest! });
    } else throw new Error(`cannot read: ${line}`);
  }
  return stages;
}

/** Environment, working directory and program of a container of a stage. */
export interface ImageConfig {
  env: Record<string, string>;
  cwd: string;
  entrypoint: string[];
  command: string[];
}

export function imageConfig(stages: readonly Stage[], name: string): ImageConfig {
  const stage = stages.find((one) => one.name === name);
  const config = stage
    ? imageConfig(stages, stage.from)
    : {
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
        cwd: '/',
        entrypoint: [],
        command: [],
      };
  for (const { instruction, text } of stage?.steps ?? []) {
    if (instruction === 'WORKDIR') config.cwd = text;
    if (instruction === 'ENTRYPOINT') config.entrypoint = JSON.parse(text);
    if (instruction === 'CMD') config.command = JSON.parse(text);
    if (instruction === 'ENV')
      for (const pair of text.split(/\s+/)) {
        const at = pair.indexOf('=');
        config.env[pair.slice(0, at)] = pair.slice(at + 1);
      }
  }
  return config;
}
