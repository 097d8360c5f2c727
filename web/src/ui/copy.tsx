import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { optionsOf, shellText } from '../lib/shell.ts';
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

interface CodeProps {
  text: string;
  /** Name of the text for screen readers. */
  label: string;
}

/** Text to read and copy. A line that is too long continues below itself, with a deeper indent. */
export function Code({ text, label }: CodeProps) {
  return (
    <Folded copied={text} label={label}>
      {text
        .trimEnd()
        .split('\n')
        .map((line, index) => (
          <Line key={index} text={line} />
        ))}
    </Folded>
  );
}

function Line({ text }: { text: string }) {
  const indent = text.search(/\S|$/);
  return (
    <span class="line" style={{ '--indent': `${indent + 2}ch` }}>
      {text.slice(0, indent)}
      <span>{`${text.slice(indent)}\n`}</span>
    </span>
  );
}

interface CommandProps {
  argv: readonly string[];
  label: string;
}

/** A command to read and copy. Lines break only between an option with its argument and the next option. */
export function Command({ argv, label }: CommandProps) {
  return (
    <Folded copied={shellText(argv)} label={label}>
      <span class="command">
        {optionsOf(argv).map((words, index) => (
          <span key={index}>{`${shellText(words)} `}</span>
        ))}
      </span>
    </Folded>
  );
}

interface FoldedProps {
  /** The text that the button copies. */
  copied: string;
  label: string;
  children: ComponentChildren;
}

/** A text that shows only its first lines until a person opens it. */
function Folded({ copied, label, children }: FoldedProps) {
  const text = useRef<HTMLPreElement>(null);
  const [isLong, setLong] = useState(false);
  const [isOpen, setOpen] = useState(false);
  // Measures only while the text is closed, because an open text always fits.
  useLayoutEffect(() => {
    const element = text.current;
    if (!element || isOpen) return;
    const observer = new ResizeObserver(() => setLong(element.scrollHeight > element.clientHeight + 1));
    observer.observe(element);
    return () => observer.disconnect();
  }, [copied, isOpen]);
  return (
    <div class="code">
      <pre ref={text} class={isOpen ? 'open' : ''} role="region" aria-label={label}>
        {children}
      </pre>
      <CopyButton text={copied} label={`Copy ${label.toLowerCase()}`} />
      {isLong && (
        <button type="button" class="code-more" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Show less' : 'Show all'}
          <span class="hidden-text"> of {label.toLowerCase()}</span>
        </button>
      )}
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
