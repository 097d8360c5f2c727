import { join } from 'node:path';
import type { FastifyReply } from 'fastify';
import { projectRoot } from '../config/root.ts';
import { openDocumentFolder } from './documents.ts';
import { type Html, html } from './html.ts';

/** Patterns for the style sheets and the icon in the document of the dashboard. The names of these files change with their contents. */
const SHEET = /<link rel="stylesheet"[^>]*href="(\/assets\/[\w.-]+\.css)"/g;
const ICON = /<link rel="icon"[^>]*href="(\/assets\/[\w.-]+\.svg)"/;

const dashboard = openDocumentFolder(join(projectRoot(), 'dist', 'web'));

const MARK = html`<svg aria-hidden="true" viewBox="0 0 32 32" width="28" height="28"><rect width="32" height="32" rx="8" fill="#0b6b74"/><circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-width="2.5"/><path d="M13.5 11.8v8.4l7-4.2z" fill="#fff"/></svg>`;

interface PlainPage {
  status: number;
  title: string;
  body: Html;
  /** Origins to which a form of the page may lead, in addition to this server. Null if the page has no form. */
  formTargets?: readonly string[] | null;
}

/** Sends a page without a script, in the style of the dashboard. No cache may store the page, and no other page may frame it. */
export async function sendPlainPage(reply: FastifyReply, page: PlainPage): Promise<FastifyReply> {
  const { status, title, body, formTargets = null } = page;
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    // Browsers also apply this directive to the address to which the form's response redirects.
    `form-action ${formTargets === null ? "'none'" : ["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  const text = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">
${await readLinks()}</head><body><main class="gate"><div class="gate-card"><div class="brand">${MARK}Airlock</div>${body}</div></main></body></html>`;
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
    .send(text.html);
}

/** Returns links to the style sheets and the icon of the dashboard. Without a build, the page has no style. */
async function readLinks(): Promise<Html[]> {
  const document = (await dashboard.read('index.html'))?.bytes.toString() ?? '';
  const icon = ICON.exec(document)?.[1];
  const sheets = [...document.matchAll(SHEET)].map(([, path]) => html`<link rel="stylesheet" href="${path!}">`);
  return icon ? [html`<link rel="icon" href="${icon}" type="image/svg+xml">`, ...sheets] : sheets;
}
