import type { Playback } from '../../../../src/contract/playback.ts';
import { post } from '../../api/client.ts';
import { bitsText } from '../../lib/format.ts';
import type { AnyJob } from '../../lib/job.ts';
import { Button } from '../../ui/button.tsx';
import { Badge } from '../../ui/feedback.tsx';
import { Card } from '../../ui/page.tsx';
import { TableHead } from '../../ui/table-head.tsx';
import { showToast } from '../../ui/toast.tsx';
import type { Output } from './download-path.ts';

/** The ladders that can be played, each with its renditions. */
export function Ladders({ job, url }: { job: AnyJob; url: string }) {
  const { outputs = [] } = job;
  const ladders = outputs.filter(({ role, status }) => role === 'ladder' && status === 'completed');
  return ladders.map((output) => (
    <Ladder
      key={output.name}
      url={url}
      output={output}
      title={ladders.length === 1 ? 'Stream' : `Stream: ${output.name}`}
    />
  ));
}

function Ladder({ url, output, title }: { url: string; output: Output; title: string }) {
  const { name, renditions = [], encrypted } = output;
  const copy = async () => {
    const { page_url } = await createPlayback(url, name);
    await navigator.clipboard.writeText(page_url);
    showToast('Copied. The link works for six hours and needs no key.');
  };
  return (
    <Card
      title={title}
      flush
      tools={
        <span class="actions">
          {encrypted && <Badge tone="ok">Encrypted</Badge>}
          <Button compact icon="copy" onClick={copy}>
            Copy playback link
          </Button>
          <Button compact icon="play" look="main-action" onClick={() => play(url, name)}>
            Play
          </Button>
        </span>
      }
    >
      <table class="table stacked">
        <TableHead columns={['Rendition', 'Frames/s', 'Average', 'Highest', 'Codecs']} />
        <tbody>
          {renditions.map(({ width, height, codecs, frame_rate, bandwidth, average_bandwidth }) => (
            <tr key={`${width}x${height} ${codecs}`}>
              <th scope="row">
                {width}×{height}
              </th>
              <td data-label="Frames/s">{Number(frame_rate.toFixed(3))}</td>
              <td data-label="Average">{bitsText(average_bandwidth)}</td>
              <td data-label="Highest">{bitsText(bandwidth)}</td>
              <td data-label="Codecs">
                <code>{codecs}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function createPlayback(url: string, output: string): Promise<Playback> {
  return post<Playback>(`${url}/playback`, { output });
}

/**
 * Opens the player in a new tab. Browsers allow a new tab only directly after a click, so the tab is opened first and then waits for the
 * link.
 */
async function play(url: string, output: string): Promise<void> {
  const tab = window.open('', '_blank');
  try {
    const { page_url } = await createPlayback(url, output);
    if (tab) {
      tab.opener = null;
      tab.location.replace(page_url);
    } else location.assign(page_url);
  } catch (error) {
    tab?.close();
    throw error;
  }
}
