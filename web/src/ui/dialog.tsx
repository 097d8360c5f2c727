import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Shown, shownOf } from '../api/problem.ts';
import { Button } from './button.tsx';
import { ErrorNotice } from './feedback.tsx';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Whether Escape and the cross close the dialog. False for content that is shown only once. */
  dismissible?: boolean;
}

/**
 * A modal dialog. The browser keeps the focus inside. When the dialog closes, the element that had the focus before gets the focus again.
 */
export function Dialog({ title, onClose, children, dismissible = true }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (dismissible) onClose();
      }}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        {dismissible && <Button icon="close" label="Close" look="plain" compact onClick={onClose} />}
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** Label of the button that performs the action. */
  action: string;
  /** Label of the button that cancels the action. */
  dismissal?: string;
  danger?: boolean;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  children: ComponentChildren;
}

/**
 * Asks before an action is performed. `onConfirm` performs the action and closes the dialog. If `onConfirm` rejects, the error is shown.
 */
export function Confirm(props: ConfirmProps) {
  const { title, action, dismissal = 'Cancel', danger, onConfirm, onClose, children } = props;
  const [error, setError] = useState<Shown | null>(null);
  const confirm = async () => {
    setError(null);
    try {
      await onConfirm();
    } catch (thrown) {
      setError(shownOf(thrown));
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {error && <ErrorNotice error={error} />}
      <div class="dialog-foot">
        <Button onClick={onClose}>{dismissal}</Button>
        <Button look={danger ? 'danger main-action' : 'main-action'} onClick={confirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
