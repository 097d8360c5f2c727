import type { FastifyReply } from 'fastify';
import { type Html, html } from '../html.ts';
import { sendPlainPage } from '../plain-page.ts';

const MEANINGS: Readonly<Record<string, readonly [label: string, hint: string]>> = {
  transcode: ['Create jobs', 'Also read, cancel and erase the jobs that it created.'],
  upload: ['Upload files', 'Also delete uploads.'],
  read: [
    'Read everything in the account',
    'Jobs, uploads, results, events and usage. With “Create jobs”, the application can also cancel and erase all jobs.',
  ],
  admin: [
    'Manage keys and webhooks',
    'Create and revoke API keys, and send all events to any address. Few applications need this.',
  ],
};

export interface ConsentView {
  clientName: string;
  redirectUri: string;
  /** Scopes, each with the name of its checkbox. */
  scopes: readonly { name: string; box: string; isSelected: boolean }[];
  /** Email address of the signed-in person. Null if the page must ask for email address and password. */
  email: string | null;
  /** Fields that the form sends back. */
  hidden: Record<string, string>;
  problem: string | null;
}

export function sendConsent(reply: FastifyReply, status: number, view: ConsentView): Promise<FastifyReply> {
  const { clientName, redirectUri, scopes, email, hidden, problem } = view;
  const who = email
    ? html`<p>You are signed in as <strong class="wrap-anywhere">${email}</strong>.</p>`
    : html`${field('email', 'email', 'Email', 'username')}${field('password', 'password', 'Password', 'current-password')}`;
  const fields = Object.entries(hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const { host, origin } = new URL(redirectUri);
  const body = html`<h1 class="wrap-anywhere">Allow “${clientName}” to use Airlock?</h1>
${problem ? html`<div class="notice bad plain" role="alert"><p>${problem}</p></div>` : html``}
<p>The application chose this name. If you allow it, your browser opens <strong class="wrap-anywhere">${host}</strong>.</p>
<form class="form" method="post" action="/oauth/authorize">${fields}
<fieldset class="form scopes"><legend class="label">Permissions</legend>${scopes.map(checkbox)}</fieldset>
${who}
<div class="gate-actions"><button class="button main-action" name="decision" value="allow">Allow</button><button class="button" name="decision" value="deny" formnovalidate>Deny</button></div></form>
<p class="hint">To revoke the access later, open Keys in the dashboard. This also revokes the keys and disables the webhooks that the application created.</p>`;
  return sendPlainPage(reply, { status, title: 'Allow access · Airlock', body, formTargets: [origin] });
}

/** Returns a required input with its label. */
function field(name: string, type: string, label: string, autocomplete: string): Html {
  return html`<div class="field"><label for="${name}">${label}</label><input class="input" id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required></div>`;
}

function checkbox({ name, box, isSelected }: ConsentView['scopes'][number]): Html {
  const [label, hint] = MEANINGS[name] ?? [name, ''];
  const checked = isSelected ? html` checked` : html``;
  return html`<label class="check"><input type="checkbox" name="${box}" value="1"${checked}><span>${label}<span class="hint">${hint}</span></span></label>`;
}

export function sendProblem(reply: FastifyReply, status: number, problem: string): Promise<FastifyReply> {
  const body = html`<h1>Access cannot be allowed</h1><p class="wrap-anywhere">${problem}.</p><p>Go back to the application, and connect it again.</p>`;
  return sendPlainPage(reply, { status, title: 'Access cannot be allowed · Airlock', body });
}

/**
 * Sends a page that reloads the URL from this site. Browsers don't send the session cookie with navigations that other sites start, but
 * they send it with this reload.
 */
export function sendBounce(reply: FastifyReply, url: string): Promise<FastifyReply> {
  const body = html`<h1>One moment…</h1><meta http-equiv="refresh" content="0;url=${url}">`;
  return sendPlainPage(reply, { status: 200, title: 'Airlock', body });
}
