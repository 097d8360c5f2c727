import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { messageOf } from '../api/problem.ts';
import { Icon, type IconName } from './icon.tsx';
import { showToast } from './toast.tsx';

type Look = 'main-action' | 'danger' | 'danger main-action' | 'plain' | '';

interface ButtonProps {
  /** The action of the button. The button is busy until the action has finished. An error that the action rejects with is shown. */
  onClick?: () => unknown;
  children?: ComponentChildren;
  /** Name of a button that shows only its icon, for screen readers and on hover. */
  label?: string;
  icon?: IconName;
  look?: Look;
  compact?: boolean;
  disabled?: boolean;
  type?: 'button' | 'submit';
}

export function Button({ onClick, children, label, icon, look = '', compact, disabled, type = 'button' }: ButtonProps) {
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    if (isBusy || !onClick) return;
    const work = onClick();
    if (!(work instanceof Promise)) return;
    setBusy(true);
    try {
      await work;
    } catch (error) {
      showToast(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type={type}
      class={classOf(look, compact, children === undefined)}
      aria-label={label}
      title={children === undefined ? label : undefined}
      disabled={disabled}
      aria-disabled={isBusy || undefined}
      aria-busy={isBusy || undefined}
      onClick={onClick && run}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface LinkButtonProps {
  href: string;
  children: ComponentChildren;
  icon?: IconName;
  look?: Look;
  compact?: boolean;
  download?: boolean;
}

export function LinkButton({ href, children, icon, look = '', compact, download }: LinkButtonProps) {
  return (
    <a class={classOf(look, compact, false)} href={href} download={download}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

function classOf(look: Look, compact: boolean | undefined, iconOnly: boolean): string {
  return ['button', look, compact && 'compact', iconOnly && 'icon-only'].filter(Boolean).join(' ');
}
