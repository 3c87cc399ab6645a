// Latency and throughput, each over channels of their own.

import { opened, sendWithRoom } from '/connection.js';

// Ten small messages a second to the .NET side, which sends them back. What does not come back within two seconds is lost.
export async function* latencies(connection) {
  const channel = connection.channel('ping', { ordered: false, maxRetransmits: 0 });
  await opened(channel);
  const results = [];
  let wake = () => { };
  const push = value => { results.push(value); wake(); };
  const open = new Map();
  let number = 0;
  const timer = setInterval(() => {
    if (channel.readyState === 'closed') end();              // one that this page has closed may not tell
    if (channel.readyState !== 'open') return;
    const now = performance.now();
    for (const [key, sent] of open) if (now - sent > 2000) { open.delete(key); push(null); }
    open.set(number, now);
    channel.send(String(number++));
  }, 100);
  channel.addEventListener('message', event => {
    const key = Number(event.data);
    const sent = open.get(key);
    if (sent === undefined) return;
    open.delete(key);
    push(performance.now() - sent);
  });
  let isClosed = false;
  const end = () => { isClosed = true; clearInterval(timer); wake(); };
  channel.addEventListener('close', end);
  try {
    while (!isClosed || results.length > 0) {
      if (results.length === 0) await new Promise(resolve => { wake = resolve; });
      else yield results.shift();
    }
  } finally {
    end();
  }
}

// Blocks for some seconds one way. Says how many bytes arrived, at intervals and in all.
export async function throughput(connection, direction, seconds, onRate) {
  const channel = connection.channel('throughput', { protocol: direction });
  try {
    await opened(channel);
    return await (direction === 'down' ? receive(channel, seconds, onRate) : send(channel, seconds, onRate));
  } finally {
    channel.close();
  }
}

function receive(channel, seconds, onRate) {
  return new Promise((resolve, reject) => {
    let total = 0, atTick = 0, first = 0, tick = performance.now();
    const end = () => { clearInterval(timer); reject(new Error('the channel was closed')); };
    const timer = setInterval(() => {
      if (channel.readyState === 'closed') { end(); return; }
      const now = performance.now();
      onRate((total - atTick) / (now - tick) * 1000);
      atTick = total;
      tick = now;
    }, 200);
    channel.addEventListener('close', end);
    channel.addEventListener('message', event => {
      if (typeof event.data === 'string') {
        clearInterval(timer);
        resolve(total / (performance.now() - first) * 1000);
        return;
      }
      first ||= performance.now();
      total += event.data.byteLength;
    });
    channel.send(JSON.stringify({ seconds }));
  });
}

async function send(channel, seconds, onRate) {
  const data = new Uint8Array(1 << 16);
  const started = performance.now();
  let last = 0, lastAt = started, done;
  const answered = new Promise(resolve => { done = resolve; });
  channel.addEventListener('message', event => {
    const { received, end } = JSON.parse(event.data);
    const now = performance.now();
    if (now > lastAt) onRate((received - last) / (now - lastAt) * 1000);
    last = received;
    lastAt = now;
    if (end) done(received / (now - started) * 1000);
  });
  channel.addEventListener('close', () => done(last / (performance.now() - started) * 1000));
  while (performance.now() - started < seconds * 1000) await sendWithRoom(channel, data);
  await sendWithRoom(channel, JSON.stringify({ end: true }));
  return answered;
}
