// Files, one channel for each. Sending: a JSON text {name, size}, blocks, a JSON text {sha256}; the answer is {stored, sha256, error}.
// Fetching: the page says {fetch: id} and gets the same, the other way round.

import { opened, sendWithRoom } from '/connection.js';
import { hex } from '/format.js';

// The hash needs the whole file in memory: the browser's own SHA-256 takes no parts.
export const longestFile = 1 << 30;
const block = 1 << 16;

export async function sendFile(connection, file, onProgress) {
  check(file.size);
  const channel = connection.channel('file', { protocol: 'braid-file' });
  try {
    let isAnswered = false;
    const answer = nextText(channel);
    answer.then(() => { isAnswered = true; }, () => { });
    await opened(channel);
    const content = await file.arrayBuffer();
    channel.send(JSON.stringify({ name: file.name, size: file.size }));
    // Who answers before the end has refused it.
    for (let at = 0; at < content.byteLength && !isAnswered; at += block) {
      await sendWithRoom(channel, content.slice(at, at + block));
      onProgress(Math.min(at + block, content.byteLength) - channel.bufferedAmount, content.byteLength);
    }
    const sha256 = hex(await crypto.subtle.digest('SHA-256', content));
    await sendWithRoom(channel, JSON.stringify({ sha256 }));
    const result = JSON.parse(await answer);
    if (!result.stored) throw new Error(result.error);
    if (result.sha256 !== sha256) throw new Error('the hash does not match');
    onProgress(file.size, file.size);
    return sha256;
  } finally {
    channel.close();
  }
}

export async function fetchFile(connection, id, onProgress) {
  const channel = connection.channel('file', { protocol: 'braid-file' });
  try {
    return await new Promise((resolve, reject) => {
      const parts = [];
      let header = null;
      let received = 0;
      channel.addEventListener('close', () => reject(new Error('the channel was closed')));
      channel.addEventListener('message', async event => {
        try {
          if (typeof event.data !== 'string') {
            parts.push(event.data);
            received += event.data.byteLength;
            onProgress(received, header.size);
            return;
          }
          const text = JSON.parse(event.data);
          if (text.error) throw new Error(text.error);
          if (!header) { check(text.size); header = text; return; }
          const blob = new Blob(parts);
          const sha256 = hex(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
          if (received !== header.size || sha256 !== text.sha256) throw new Error('the hash does not match');
          resolve({ name: header.name, size: header.size, sha256, blob });
        } catch (problem) { reject(problem); }
      });
      opened(channel).then(() => channel.send(JSON.stringify({ fetch: id })), reject);
    });
  } finally {
    channel.close();
  }
}

function check(size) {
  if (size > longestFile) throw new Error('this page takes files up to 1 GiB');
  if (!globalThis.crypto?.subtle) throw new Error('the browser hashes for pages of 127.0.0.1 or localhost alone: open this one there');
}

function nextText(channel) {
  return new Promise((resolve, reject) => {
    channel.addEventListener('message', event => resolve(event.data), { once: true });
    channel.addEventListener('close', () => reject(new Error('the channel was closed')), { once: true });
  });
}
