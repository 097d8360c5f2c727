import { useState } from 'preact/hooks';
import type { FileList } from '../../../../src/contract/files.ts';
import { get } from '../../api/client.ts';
import { bytesText, countText } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNotice, Skeleton } from '../../ui/feedback.tsx';
import { Card } from '../../ui/page.tsx';
import { useResource } from '../../ui/resource.ts';

interface FilesProps {
  /** The path of the job. */
  url: string;
  /** Name of the output. */
  output: string;
  /** Number of the output's files. */
  total: number;
  /** Whether the job has no other output. */
  isOnly: boolean;
}

/** The files of an output with many files, page by page, each with a download. */
export function Files({ url, output, total, isOnly }: FilesProps) {
  const [after, setAfter] = useState<readonly string[]>([]);
  const choice = isOnly ? '' : `output=${encodeURIComponent(output)}&`;
  const last = after.at(-1);
  const cursor = last === undefined ? '' : `&after=${encodeURIComponent(last)}`;
  const { data, error, reload } = useResource<FileList>(`${url}/files?${choice}limit=50${cursor}`);
  const download = async (query: string) => {
    location.assign((await get<{ url: string }>(`${url}/download?${choice}${query}`)).url);
  };
  return (
    <Card
      title={`Files of ${output} (${countText(total)})`}
      flush
      tools={
        <Button icon="download" look="main-action" compact onClick={() => download('')}>
          Download all as a zip
        </Button>
      }
    >
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={4} />}
      <table class="table stacked">
        <thead>
          <tr>
            <th scope="col">Path</th>
            <th scope="col">Size</th>
            <th scope="col">Type</th>
            <th scope="col">Download</th>
          </tr>
        </thead>
        <tbody>
          {data?.items.map(({ path, size, content_type }) => (
            <tr key={path}>
              <th scope="row">{path}</th>
              <td data-label="Size">{bytesText(size)}</td>
              <td data-label="Type">{content_type}</td>
              <td data-label="Download">
                <Button icon="download" compact onClick={() => download(`file=${encodeURIComponent(path)}`)}>
                  Download
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="card-body actions">
        {after.length > 0 && (
          <Button compact onClick={() => setAfter(after.slice(0, -1))}>
            Previous page
          </Button>
        )}
        {data?.next != null && (
          <Button compact onClick={() => setAfter([...after, data.next!])}>
            Next page
          </Button>
        )}
      </div>
    </Card>
  );
}
