import type { FileList } from '../../../../src/contract/files.ts';
import { formatKind, OUTPUT_FORMATS, type OutputFormat } from '../../../../src/contract/formats.ts';
import type { AnyJob } from '../../lib/job.ts';
import { Skeleton } from '../../ui/feedback.tsx';
import { Card } from '../../ui/page.tsx';
import { useResource } from '../../ui/resource.ts';
import { downloadPath, type Output } from './download-path.ts';

/** Maximum number of pictures that the gallery shows of an output with many files. */
const SHOWN = 6;

/** Ratio of width to height above which a picture counts as a strip. */
const STRIP_RATIO = 3;

interface GalleryProps {
  job: AnyJob;
  /** The path of the job. */
  url: string;
  /** Name of an output that the page shows elsewhere, and that the gallery leaves out. */
  except: string | undefined;
}

/** The pictures that the job has made, loaded from their signed links. */
export function Gallery({ job, url, except }: GalleryProps) {
  const { outputs = [] } = job;
  const shown = outputs.filter(({ name, status }) => status === 'completed' && name !== except);
  const [single, many] = [
    shown.filter(isPicture),
    shown.filter(({ role }) => role === 'sprite' || role === 'thumbnails'),
  ];
  if (single.length + many.length === 0) return null;
  return (
    <Card title="Pictures">
      <div class="gallery">
        {single.map((output) => (
          <Picture
            key={output.name}
            path={downloadPath(url, outputs, output)}
            name={output.name}
            isStrip={isStrip(output)}
          />
        ))}
        {many.map((output) => (
          <Pictures key={output.name} path={downloadPath(url, outputs, output)} url={url} output={output} />
        ))}
      </div>
    </Card>
  );
}

export function isPicture({ files, format }: Output): boolean {
  const isFormat = (OUTPUT_FORMATS as readonly string[]).includes(format);
  return files === 1 && isFormat && formatKind(format as OutputFormat) === 'image';
}

/** The first pictures of an output with many files. `path` is the path of the output's download. */
function Pictures({ path, url, output }: { path: string; url: string; output: Output }) {
  const { data } = useResource<FileList>(`${url}/files?output=${encodeURIComponent(output.name)}&limit=50`);
  const images = data?.items.filter(({ content_type }) => content_type.startsWith('image/')).slice(0, SHOWN) ?? [];
  const query = path.includes('?') ? '&' : '?';
  return images.map((image) => (
    <Picture
      key={image.path}
      path={`${path}${query}file=${encodeURIComponent(image.path)}`}
      name={`${output.name}, ${image.path}`}
      isStrip={isStrip(output)}
    />
  ));
}

/** Whether the picture is so wide that it needs the complete row. */
function isStrip({ width, height }: Output): boolean {
  return width !== null && height !== null && width > STRIP_RATIO * height;
}

interface PictureProps {
  path: string;
  name: string;
  isStrip: boolean;
}

function Picture({ path, name, isStrip }: PictureProps) {
  const { data, error } = useResource<{ url: string }>(path);
  return (
    <figure class={isStrip ? 'strip-figure' : ''}>
      {data && <img src={data.url} alt={name} loading="lazy" />}
      {!data && !error && <Skeleton lines={3} />}
      <figcaption class="muted small">{error ? `${name}: ${error.message}` : name}</figcaption>
    </figure>
  );
}
