// A person at the page of `braid demo`, played: connects, talks, sends a file and fetches it back, measures, and takes a picture.
// node demo-page.js BROWSER URL FILE PICTURE writes what happened as JSON.

import puppeteer from 'puppeteer-core';
import { basename } from 'node:path';
import { LAUNCH } from './browser.js';

const [name, url, file, picture] = process.argv.slice(2);
const mdns = name === 'chromium-mdns';
const browser = await puppeteer.launch({ headless: true, ...LAUNCH[mdns ? 'chromium' : name]({ mdns }) });
try {
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.setViewport({ width: 1180, height: 1500 });
  await page.goto(url);
  await page.click('#connect');
  const text = (selector) => page.$eval(selector, (element) => element.textContent);
  const wait = async (condition, ...rest) => {
    try {
      await page.waitForFunction(condition, { timeout: 30_000 }, ...rest);
    } catch (error) {
      await page.screenshot({ path: picture, fullPage: true });
      throw new Error(`${condition} with ${rest}: ${error.message}; ${problems}`);
    }
  };
  await wait(() => document.querySelector('#state').dataset.state === 'connected' && !document.querySelector('#chat-text').disabled);

  await page.type('#chat-text', 'hello from the page');
  await page.click('#chat-form button');
  await wait(() => [...document.querySelectorAll('#chat li')].some((line) => line.textContent === 'hello from the terminal'));

  await (await page.$('#file')).uploadFile(file);
  await wait(() => document.querySelector('#transfers li')?.dataset.result !== undefined);
  const sent = await text('#transfers li');
  await wait((wanted) => [...document.querySelectorAll('#offered li')].some((line) => line.textContent.startsWith(`${wanted},`)), basename(file));
  await page.$$eval('#offered li', (lines, wanted) => lines.find((line) => line.textContent.startsWith(`${wanted},`)).querySelector('button').click(), basename(file));
  await wait(() => document.querySelectorAll('#transfers li[data-result]').length === 2);
  const fetched = await text('#transfers li');

  for (const direction of ['down', 'up']) {
    await page.click(`#run-${direction}`);
    await wait((id) => document.querySelector(id).textContent.includes('bit/s'), `#throughput-${direction}`);
  }

  await wait(() => document.querySelector('#latency-median').textContent.includes('s'));
  await page.screenshot({ path: picture, fullPage: true });
  await page.type('#chat-text', 'that was all');
  await page.click('#chat-form button');
  await wait(() => document.querySelector('#state').dataset.state === 'closed');
  console.log(JSON.stringify({
    sent,
    fetched,
    problems,
    path: await text('#fact-path'),
    down: await text('#throughput-down'),
    up: await text('#throughput-up'),
    latency: await text('#latency-median'),
    window: await text('#cwnd-now'),
    end: await page.$eval('#state', (element) => element.dataset.state),
    problem: await text('#problem'),
  }));
} finally {
  await browser.close();
}
