// A peer: node peer.js NAME [--host ADDRESS] [--port PORT] [--mdns]. Says "ready URL NAME VERSION", ends when its standard input does.

import { createServer } from 'node:http';
import { startBrowser } from './browser.js';
import { startLibrary } from './libraries.js';

export function option(name, otherwise) {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? otherwise : process.argv[index + 1];
}

const name = process.argv[2];
const host = option('host', '127.0.0.1');
const start = ['chromium', 'chromium-mdns', 'firefox'].includes(name) ? startBrowser : startLibrary;
const peer = await start(name);

async function read(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }

  return JSON.parse(Buffer.concat(parts).toString() || '{}');
}

const actions = { '/offer': peer.offer, '/call': peer.call, '/end': peer.end };
const server = createServer(async (request, response) => {
  const action = request.method === 'POST' ? actions[request.url] : undefined;
  try {
    const answer = action ? await action(await read(request)) : { error: 'POST /offer, /call or /end' };
    response.writeHead(action ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  } catch (error) {
    console.error(request.url, error);
    response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ error: String(error.message ?? error) }));
  }
});

async function stop() {
  await peer.stop?.();
  process.exit(0);
}

process.stdin.on('end', stop).on('error', stop).resume();
process.on('SIGTERM', stop);
process.on('unhandledRejection', (error) => console.error('unhandled', error));
process.on('uncaughtException', (error) => console.error('uncaught', error));
server.requestTimeout = 0;
server.listen(Number(option('port', '0')), host, () => console.log(`ready http://${host}:${server.address().port} ${name} ${peer.version}`));
