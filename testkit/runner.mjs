// Runs programs for run.ts, and ends when the process that started it disconnects.
import { execFile } from 'node:child_process';

process.on('message', ({ id, command, args, options }) => {
  execFile(command, args, { ...options, encoding: 'buffer' }, (error, stdout, stderr) => {
    if (!process.connected) return;
    const { message, code, killed, signal, cmd } = error ?? {};
    process.send({ id, stdout, stderr, error: error && { message, code, killed, signal, cmd } });
  });
});
process.on('disconnect', () => process.exit());
