import { useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { showToast } from './toast.tsx';

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      showToast('The browser did not allow copying. Select the text and copy it.');
      return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
    showToast('Copied.');
  };
  return <Button icon={isCopied ? 'check' : 'copy'} label={label} look="plain" compact onClick={copy} />;
}

/** Text to read and copy. `label`: what it is, for those who hear it. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div class="code with-copy">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keyboard */}
      <pre tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
      <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} />
    </div>
  );
}

export function Secret({ text, label }: { text: string; label: string }) {
  return (
    <div class="secret">
      <code>{text}</code>
      <CopyButton text={text} label={`Copy ${label}`} />
    </div>
  );
}
