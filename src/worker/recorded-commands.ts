import { canonicalJson, sha256 } from '../crypto/hash.ts';
import type { AttemptCommand } from '../jobs/attempt-commands.ts';
import type { Sandbox } from '../sandbox/types.ts';

/** Maximum number of commands in the row of an attempt. No current kind of job runs more commands. */
const MAX_COMMANDS = 200;

/** Wraps the sandbox of one attempt to record its commands in `commands`, in the order in which the commands end. */
export function recordCommands(sandbox: Sandbox, commands: AttemptCommand[]): Sandbox {
  return Object.assign(Object.create(sandbox) as Sandbox, {
    async run(spec) {
      const result = await sandbox.run(spec);
      if (commands.length < MAX_COMMANDS) {
        commands.push({
          program: spec.program,
          version: result.build.version,
          package: result.build.package,
          sha256: sha256(canonicalJson([spec.program, ...spec.args])).toString('hex'),
          end: result.end,
          exit_code: result.exitCode,
          cpu_ms: Math.round(result.cpuMs),
          max_rss_bytes: Math.round(result.maxRssBytes),
        });
      }
      return result;
    },
  } satisfies Partial<Sandbox>);
}
