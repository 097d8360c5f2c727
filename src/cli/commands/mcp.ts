import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Config } from '../../config/config.ts';
import { kinds } from '../../kinds/registry.ts';
import { toolKinds } from '../../kinds/tool-kinds.ts';
import { openCalls } from '../../mcp/calls.ts';
import { createMcpServer, createToolbox } from '../../mcp/server.ts';
import { connect } from '../connect.ts';
import { EXIT } from '../exit.ts';
import { version } from '../version.ts';

/**
 * Serves the Model Context Protocol on standard input and output until the client closes standard input. Uses a running server and never
 * starts one, because programs start this command again and again, and jobs must outlive the command.
 */
export async function mcpCommand(config: Config, options: { account?: string }): Promise<number> {
  const scopes = ['transcode', 'upload', 'read'] as const;
  return connect(config, { scopes, account: options.account }, async ({ server: api, fetch, signal }) => {
    const server = createMcpServer({
      toolbox: createToolbox(toolKinds(kinds)),
      version: version(),
      calls: openCalls()('standard input'),
      async call(method, path, body) {
        const answer = await fetch(`${api.url}${path}`, {
          method,
          signal,
          headers: {
            authorization: `Bearer ${api.key}`,
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          body: body === undefined ? null : JSON.stringify(body),
        });
        return { status: answer.status, json: await answer.json().catch(() => null) };
      },
    });
    const closed = new Promise<void>((resolve) => {
      server.onclose = resolve;
      process.stdin.once('end', resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await server.connect(new StdioServerTransport());
    await closed;
    await server.close();
    return EXIT.ok;
  });
}
