import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Document, sendDocument } from '../documents.ts';

/** Sends a page of `dist/web`, which no other page may frame. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, page: Document, policy: string) {
  reply
    .headers({ 'content-security-policy': policy, 'x-frame-options': 'DENY', 'cache-control': 'no-cache' })
    .header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()')
    .type('text/html; charset=utf-8');
  return sendDocument(request, reply, page);
}

/**
 * Returns a policy that allows only files of this server and of storage: no inline script or style, no frame, no form that sends data to
 * another page.
 * @param media schemes of further sources that a video may play
 */
export function pagePolicy(storage: string, media: readonly ('blob:' | 'data:')[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self' ${storage}`,
    `img-src 'self' ${storage}`,
    `media-src ${["'self'", ...media, storage].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}
