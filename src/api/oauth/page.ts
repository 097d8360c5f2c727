import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 100vh; margin: 0; }
main { width: min(26rem, 90vw); padding: 2rem; border: 1px solid #8886; border-radius: 12px; }
h1 { font-size: 1.25rem; margin-top: 0; overflow-wrap: anywhere; }
label { display: block; margin: .75rem 0; }
input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; }
fieldset { border: 1px solid #8886; border-radius: 8px; margin: 0 0 1rem; padding: .25rem 1rem .5rem; }
legend { padding: 0 .25rem; }
.box { display: flex; gap: .75rem; align-items: baseline; margin: .5rem 0; }
.box input { width: auto; flex: none; }
small { display: block; opacity: .75; }
button { padding: .5rem 1.25rem; margin: 1rem .5rem 0 0; font: inherit; border-radius: 8px; border: 1px solid #8886; }
button[value=allow] { background: #0b6bcb; border-color: #0b6bcb; color: #fff; }
.wrong { color: light-dark(#c62828, #ff8a80); }
strong { overflow-wrap: anywhere; }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const MEANINGS: Readonly<Record<string, readonly [label: string, hint: string]>> = {
  transcode: ['Create jobs', 'Also read, cancel and erase the jobs that it created'],
  upload: ['Upload files', 'Also delete uploads'],
  read: [
    'Read everything in the account',
    'All jobs, uploads, results, events and usage. With “Create jobs”, it may also cancel and erase all jobs',
  ],
  admin: [
    'Manage keys and webhooks',
    'Create and revoke API keys, and send all events to any address. Few applications need this',
  ],
};

/** A fragment that is safe in a page. */
interface Html {
  html: string;
}

/** Escapes every value that is not a fragment itself. */
function html(texts: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
  const parts = values.map((value) => {
    if (typeof value === 'string') return escaped(value);
    return Array.isArray(value) ? value.map((one) => one.html).join('') : value.html;
  });
  return { html: texts.reduce((all, text, index) => `${all}${parts[index - 1]}${text}`) };
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export interface ConsentView {
  clientName: string;
  redirectUri: string;
  /** Each with the name of its checkbox. */
  scopes: readonly { name: string; box: string; isSelected: boolean }[];
  /** Null: the page asks for email address and password. */
  email: string | null;
  /** Fields that the form sends back. */
  hidden: Record<string, string>;
  problem: string | null;
}

export function sendConsent(reply: FastifyReply, status: number, view: ConsentView): FastifyReply {
  const { clientName, redirectUri, scopes, email, hidden, problem } = view;
  const who = email
    ? html`<p>You are signed in as <strong>${email}</strong>.</p>`
    : html`<label>Email address <input name="email" type="email" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>`;
  const fields = Object.entries(hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const body = html`<h1>Let “${clientName}” use Airlock?</h1>
${problem ? html`<p class="wrong" role="alert">${problem}</p>` : html``}
<p>The application chose this name itself. Afterwards your browser goes to <strong>${new URL(redirectUri).host}</strong>.</p>
<form method="post" action="/oauth/authorize">${fields}
<fieldset><legend>It may</legend>${scopes.map(checkbox)}</fieldset>
${who}
<button name="decision" value="allow">Allow</button><button name="decision" value="deny" formnovalidate>Deny</button></form>
<p>You can revoke this access at any time on the page of your account’s keys. That also revokes the keys and disables the webhooks that it created.</p>`;
  return send(reply, status, body, ` ${new URL(redirectUri).origin}`);
}

function checkbox({ name, box, isSelected }: ConsentView['scopes'][number]): Html {
  const [label, hint] = MEANINGS[name] ?? [name, ''];
  const checked = isSelected ? html` checked` : html``;
  return html`<label class="box"><input type="checkbox" name="${box}" value="1"${checked}><span>${label}<small>${hint}</small></span></label>`;
}

export function sendProblem(reply: FastifyReply, status: number, problem: string): FastifyReply {
  return send(reply, status, html`<h1>This cannot continue</h1><p>${problem}.</p><p>Go back to the application.</p>`);
}

/**
 * Loads the same page again, from this site. The session cookie is kept from navigations that other sites begin; it is sent
 * with this one.
 */
export function sendBounce(reply: FastifyReply, url: string): FastifyReply {
  return send(reply, 200, html`<p>One moment…</p><meta http-equiv="refresh" content="0;url=${url}">`);
}

function send(reply: FastifyReply, status: number, body: Html, targets = ''): FastifyReply {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    // Browsers apply it to where the form's response redirects as well.
    `form-action 'self'${targets}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Airlock</title>
<meta name="viewport" content="width=device-width"><style>${{ html: STYLE }}</style></head><body><main>${body}</main></body></html>`;
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .headers({
      'content-security-policy': policy.join('; '),
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      // Without a referrer, browsers send no Origin with the form, which requireSameSite compares.
      'referrer-policy': 'same-origin',
    })
    .send(page.html);
}
