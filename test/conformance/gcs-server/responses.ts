import type { ServerResponse } from 'node:http';

/** An error response of the XML API: https://cloud.google.com/storage/docs/xml-api/reference-status */
export class Rejection extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: string;
  constructor(status: number, code: string, details = '') {
    super(code);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export function sendXml(response: ServerResponse, status: number, root: string, body: string): void {
  const xml = `<?xml version='1.0' encoding='UTF-8'?><${root} xmlns='http://doc.s3.amazonaws.com/2006-03-01'>${body}</${root}>`;
  response.writeHead(status, { 'content-type': 'application/xml; charset=UTF-8', 'x-guploader-uploadid': 'test' });
  response.end(xml);
}

export function sendRejection(response: ServerResponse, { status, code, details }: Rejection, head: boolean): void {
  if (head) return void response.writeHead(status).end();
  const body = `<Code>${code}</Code><Message>${code}</Message>${details && `<Details>${escaped(details)}</Details>`}`;
  const xml = `<?xml version='1.0' encoding='UTF-8'?><Error>${body}</Error>`;
  response.writeHead(status, { 'content-type': 'application/xml; charset=UTF-8', connection: 'close' }).end(xml);
}

export function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
