import { readFileSync } from 'node:fs';
import { register } from 'tsx/esm/api';

// A builder whose build never ends, which a worker starts. It runs a step and follows orders like a real builder.
register();
const { becomeIdle, Steps } = await import('../../src/sandbox/trimmed/steps.ts');
const { followOrders } = await import('../../src/sandbox/trimmed/builder-process.ts');

const stop = new AbortController();
for (const event of ['SIGTERM', 'disconnect']) process.once(event, () => stop.abort());
const report = (part) => process.send({ type: 'part', part });
const { onSteps } = followOrders();
const paused = new Promise((resolve) => process.once('message', resolve));
let hasResumed = false;
process.on('message', ({ type }) => {
  hasResumed ||= type === 'resume';
});
await becomeIdle();
report('begun');
await paused;
const steps = new Steps(stop.signal);
onSteps(steps);
const step = steps.run({ what: 'wait', program: '/bin/sleep', args: ['600'], onFailure: 'later' });
report('has steps');
while (!pidOfStep()) await new Promise((resolve) => setTimeout(resolve, 20));
report(`the first step began ${hasResumed ? 'after' : 'before'} the order to resume`);
report(pidOfStep());
await step.catch(() => {});
process.disconnect();

function pidOfStep() {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');
}
