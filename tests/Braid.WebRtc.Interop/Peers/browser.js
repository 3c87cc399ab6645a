// A browser as a peer: one page, served from here, driven by puppeteer-core.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { post } from './libraries.js';

const FILES = { '/': ['page.html', 'text/html'], '/session.js': [], '/caller.js': [], '/scenarios.js': [] };

export const LAUNCH = {
  // The namespace has no user that Chromium's sandbox could become, and shows nobody a page from elsewhere.
  chromium: ({ mdns }) => ({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-quic', '--no-proxy-server', ...(mdns ? [] : ['--disable-features=WebRtcHideLocalIpsWithMdns'])],
  }),
  firefox: () => ({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync),
    extraPrefsFirefox: {
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.peerconnection.ice.default_address_only': false,
      'network.proxy.type': 0,
    },
  }),
};

// The page, and what it asks of other peers: their programs know nothing of cross-origin requests.
async function servePage() {
  const server = createServer(async (request, response) => {
    try {
      if (request.url === '/forward') {
        let text = '';
        for await (const part of request) {
          text += part;
        }

        const { url, body } = JSON.parse(text);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(await post(url, body)));
      } else if (FILES[request.url]) {
        const [file = request.url.slice(1), type = 'text/javascript'] = FILES[request.url];
        response.writeHead(200, { 'content-type': type }).end(await readFile(new URL(file, import.meta.url)));
      } else {
        response.writeHead(404).end();
      }
    } catch (error) {
      response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ error: String(error.message ?? error) }));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}/`;
}

export async function startBrowser(name) {
  const mdns = name === 'chromium-mdns';
  const launch = LAUNCH[mdns ? 'chromium' : name]({ mdns });
  const browser = await puppeteer.launch({ headless: true, protocolTimeout: 600_000, ...launch });
  const page = await browser.newPage();
  page.on('console', (message) => console.error(`page: ${message.text()}`));
  page.on('pageerror', (error) => console.error(`page: ${error}`));
  await page.goto(await servePage());
  await page.waitForFunction('window.peer !== undefined');
  const ask = (action) => (body) => page.evaluate((what, argument) => window.peer[what](argument), action, body);
  return {
    version: (await browser.version()).replace(/^.*\//, ''),
    offer: ask('offer'),
    end: ask('end'),
    call: ask('call'),
    stop: () => browser.close(),
  };
}
