// What POST /call runs. docs/interop-scenarios.md defines each; scenarios.py has the same in Python.

import { Caller, Unsupported, check, same, sleep } from './caller.js';
import { SINK } from './session.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Text of so many bytes in UTF-8, with characters of 1 to 4 of them. */
export function textOf(size) {
  const unit = 'aß→𝄞';                                       // 10 bytes
  return unit.repeat(Math.floor(size / 10)) + 'x'.repeat(size % 10);
}

export function bytesOf(size, seed = 1) {
  const bytes = new Uint8Array(size);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }

  return bytes;
}

const describe = (message) => `${typeof message === 'string' ? 'text' : 'binary'} of ${message.length}`;

async function echo(caller, { sizes = [0, 1, 16 * KIB, 64 * KIB, 256 * KIB] }) {
  await caller.connect();
  const fitting = sizes.filter((size) => size <= caller.largest);
  let messages = 0;
  for (const ordered of [true, false]) {
    const inbox = caller.open(ordered ? 'ordered' : 'unordered', { ordered });
    await inbox.opened;
    const sent = fitting.flatMap((size, i) => [textOf(size), bytesOf(size, i + 1)]);
    sent.forEach((message) => inbox.send(message));
    const open = [...sent];
    for (let i = 0; i < sent.length; i++) {
      caller.progress = `${inbox.channel.label}: no message ${i} (${describe(sent[i])})`;
      const message = await inbox.next();
      const index = ordered ? 0 : open.findIndex((other) => same(other, message));
      check(index >= 0 && same(open[index], message), `${inbox.channel.label}: message ${i} came back as ${describe(message)}`);
      open.splice(index, 1);
      messages++;
    }
  }

  return { messages, largest: fitting.at(-1) };
}

async function bulk(caller, { bytes = 200_000_000, messageSize = 64 * KIB, window = 4 * MIB }, platform) {
  await caller.connect();
  const inbox = caller.open('bulk');
  await inbox.opened;
  const size = Math.min(messageSize, caller.largest);
  const sent = new Uint8Array(bytes);
  const block = bytesOf(MIB + 257);
  for (let at = 0; at < bytes; at += block.length) {
    sent.set(block.subarray(0, Math.min(block.length, bytes - at)), at);
  }

  const received = new Uint8Array(bytes);
  let back = 0;
  let wake = () => {};
  inbox.listener = (message) => {
    if (back + message.length <= bytes) {
      received.set(message, back);
    }

    back += message.length;
    wake();
  };
  const start = performance.now();
  for (let at = 0; at < bytes; at += size) {
    while (at - back > window) {
      await new Promise((resolve) => { wake = resolve; });
    }

    await inbox.room(MIB);
    inbox.send(sent.subarray(at, Math.min(at + size, bytes)));
  }

  while (back < bytes) {
    caller.progress = `${back} of ${bytes} bytes came back`;
    await new Promise((resolve) => { wake = resolve; });
  }

  const seconds = (performance.now() - start) / 1000;
  const [there, again] = [await platform.sha256(sent), await platform.sha256(received)];
  check(back === bytes && there === again, `${back} bytes came back of ${bytes}, with hash ${again} instead of ${there}`);
  return { bytes, seconds, megabitsPerSecond: (bytes * 8) / seconds / 1e6, sha256: there };
}

async function channels(caller, { count = 1000 }) {
  await caller.connect();
  const ours = [];
  for (let i = 0; i < count / 2; i++) {
    ours.push(caller.open(`ours ${i}`));
  }

  for (const inbox of ours) {
    caller.progress = `${inbox.channel.label} does not open`;
    await inbox.opened;
    inbox.send(inbox.channel.label);
  }

  const theirs = [];
  const batch = 50;                                          // a command has to fit into a message
  for (let i = ours.length; i < count; i += batch) {
    const labels = Array.from({ length: Math.min(batch, count - i) }, (_, k) => `theirs ${i + k}`);
    await caller.command('open', { channels: labels.map((label) => ({ label })) });
    for (const _ of labels) {
      caller.progress = `${theirs.length} of theirs came`;
      const inbox = await caller.accept();
      await inbox.opened;
      inbox.send(inbox.channel.label);
      theirs.push(inbox);
    }
  }

  const ids = new Set();
  for (const inbox of [...ours, ...theirs]) {
    caller.progress = `${inbox.channel.label} does not echo`;
    check((await inbox.next()) === inbox.channel.label, `${inbox.channel.label}: another message came back`);
    ids.add(inbox.channel.id);
  }

  check(ids.size === count, `${count} channels have ${ids.size} ids`);
  check(new Set(theirs.map((inbox) => inbox.channel.label)).size === theirs.length, 'a channel came twice');
  return { channels: count, highestId: Math.max(...ids) };
}

async function close(caller, { rounds = 10, id = 200, complete = true, negotiated = true }) {
  await caller.connect();
  const ids = new Set();
  for (let round = 0; round < rounds; round++) {
    caller.progress = `closed here ${round}`;
    const here = caller.open(`closed here ${round}`, { protocol: SINK });
    await here.opened;
    ids.add(here.channel.id);
    const counted = async () => (await caller.command('count', { label: here.channel.label })).messages;
    here.send(bytesOf(1000, 0));
    await until(async () => (await counted()) === 1, 'the first message did not arrive');
    for (let i = 1; i < 10; i++) {
      here.send(bytesOf(1000, i));
    }

    await here.close();
    check(here.channel.readyState === 'closed', 'closed, but its state is not');
    await until(async () => (await caller.command('count', { label: here.channel.label })).state === 'closed', 'the other side did not see it close');
    // Some tell of the close before they tell of the last message.
    if (complete) {
      await until(async () => (await counted()) === 10, 'not all messages arrived before the close');
    }

    caller.progress = `closed there ${round}`;
    const there = caller.open(`closed there ${round}`);
    await there.opened;
    await there.echo('before');
    ids.add(there.channel.id);
    await caller.command('close', { label: there.channel.label });
    await there.closed;
  }

  for (let round = 0; negotiated && round < rounds; round++) {
    const label = `negotiated ${round}`;
    caller.progress = label;
    const init = { negotiated: true, id };
    await caller.command('open', { channels: [{ label, ...init }] });
    const inbox = caller.open(label, init);
    await inbox.opened;
    await inbox.echo(label);
    if (round % 2 === 0) {
      await inbox.close();
    } else {
      await caller.command('close', { label });
      await inbox.closed;
    }

    await until(async () => (await caller.command('count', { label })).state === 'closed', `${label} did not close on the other side`);
  }

  return { closed: (negotiated ? 3 : 2) * rounds, ids: ids.size };
}

async function until(condition, what, seconds = 5) {
  for (let i = 0; i < 100 * seconds; i++) {
    if (await condition()) {
      return;
    }

    await sleep(10);
  }

  throw new Error(typeof what === 'function' ? what() : what);
}

async function unreliable(caller, { ordered = false, maxRetransmits, maxPacketLifeTime, count = 400, size = 1000, interval = 4, silence = 1500 }) {
  await caller.connect();
  const inbox = caller.open('unreliable', { ordered, maxRetransmits, maxPacketLifeTime });
  await inbox.opened;
  const seen = [];
  let last = performance.now();
  let wrong = 0;
  inbox.listener = (message) => {
    last = performance.now();
    const number = new DataView(message.buffer, message.byteOffset).getUint32(0);
    wrong += same(message.subarray(4), bytesOf(size - 4, number + 1)) ? 0 : 1;
    seen.push(number);
  };
  for (let number = 0; number < count; number++) {
    const message = new Uint8Array(size);
    new DataView(message.buffer).setUint32(0, number);
    message.set(bytesOf(size - 4, number + 1), 4);
    inbox.send(message);
    last = performance.now();
    await sleep(interval);
  }

  while (seen.length < count && performance.now() - last < silence) {
    await sleep(20);
  }

  const { messages } = await caller.command('count', { label: 'unreliable' });
  check(wrong === 0, `${wrong} messages were damaged`);
  check(new Set(seen).size === seen.length, 'a message came twice');
  check(!ordered || seen.every((number, i) => i === 0 || number > seen[i - 1]), 'messages came out of order');
  check(seen.length > 0, 'nothing came back');
  check(messages <= count && seen.length <= messages, `${count} sent, ${messages} there, ${seen.length} back`);
  return { sent: count, arrived: messages, echoed: seen.length };
}

async function negotiated(caller, { before = [100, 101, 500], after = [102, 103] }) {
  const make = (id) => ({ label: `here ${id}`, negotiated: true, id, protocol: `p${id}`, ordered: id % 2 === 0 });
  const there = (ids) => ids.map((id) => ({ ...make(id), label: `there ${id}` }));
  const inboxes = before.map((id) => caller.open(`here ${id}`, make(id)));
  await caller.connect({ channels: there(before) });
  await caller.command('open', { channels: there(after) });
  inboxes.push(...after.map((id) => caller.open(`here ${id}`, make(id))));
  for (const [i, inbox] of inboxes.entries()) {
    await inbox.opened;
    check(inbox.channel.id === [...before, ...after][i], `its id is ${inbox.channel.id}`);
    await inbox.echo(`text of ${inbox.channel.id}`);
    await inbox.echo(bytesOf(5000, i));
  }

  check(caller.waiting === 0, 'a negotiated channel was announced');
  return { channels: inboxes.length };
}

async function restart(caller, { count = 600, interval = 2 }, platform) {
  if (!platform.canRestart) {
    throw new Unsupported('no ICE restart');
  }

  const before = await caller.connect();
  const inbox = caller.open('restart');
  await inbox.opened;
  let next = 0;
  let wrong = 0;
  inbox.listener = (message) => { wrong += message === `message ${next++}` ? 0 : 1; };
  let after;
  for (let i = 0; i < count; i++) {
    if (i === Math.floor(count / 3)) {
      after = caller.negotiate({ iceRestart: true });
      after.catch(() => {});                                 // told below
    }

    inbox.send(`message ${i}`);
    await sleep(interval);
  }

  const ufrag = (sdp) => /a=ice-ufrag:(\S+)/.exec(sdp)[1];
  const renewed = await after;
  check(ufrag(before.offer) !== ufrag(renewed.offer), 'the offer has the ufrag of before');
  check(ufrag(before.answer) !== ufrag(renewed.answer), 'the answer has the ufrag of before');
  await sleep(1000);                                         // the old pair may still carry; the new one has to, in the end
  for (let i = count; i < 2 * count; i++) {
    inbox.send(`message ${i}`);
  }

  await until(() => next >= 2 * count, () => `${next} of ${2 * count} messages came back`, 25);
  check(wrong === 0, `${wrong} messages out of order`);
  return { messages: next };
}

async function relay(caller, { theirs }) {
  const { offer } = await caller.connect({ configuration: theirs });
  const types = [...offer.matchAll(/a=candidate:.* typ (\w+)/g)].map(([, type]) => type);
  check(types.length > 0 && types.every((type) => type === 'relay'), `the offer's candidates are ${types.join(', ') || 'none'}`);
  const inbox = caller.open('relayed');
  await inbox.opened;
  for (let i = 0; i < 100; i++) {
    await inbox.echo(bytesOf(10_000, i));
  }

  return { candidates: types.length, messages: 100 };
}

async function throughput(caller, { seconds = 3, warmUp = 1, messageSize = 64 * KIB, buffer = 2 * MIB }) {
  await caller.connect();
  const inbox = caller.open('sink', { protocol: SINK });
  await inbox.opened;
  const message = bytesOf(Math.min(messageSize, caller.largest));
  let running = true;
  const sending = (async () => {
    while (running) {
      await inbox.room(buffer / 2);
      while (running && inbox.channel.bufferedAmount < buffer) {
        inbox.send(message);
      }

      await sleep(0);
    }
  })();
  await sleep(warmUp * 1000);
  const first = await caller.command('count', { label: 'sink' });
  await sleep(seconds * 1000);
  const last = await caller.command('count', { label: 'sink' });
  running = false;
  await sending;
  const elapsed = (last.now - first.now) / 1000;
  return {
    bytes: last.bytes - first.bytes, messages: last.messages - first.messages, seconds: elapsed,
    gigabitsPerSecond: ((last.bytes - first.bytes) * 8) / elapsed / 1e9,
  };
}

const SCENARIOS = { echo, bulk, channels, close, unreliable, negotiated, restart, relay, throughput };

/** POST /call */
export async function call(platform, { url, scenario, options = {} }) {
  const run = SCENARIOS[scenario];
  if (!run) {
    return { passed: false, details: `there is no scenario '${scenario}'` };
  }

  const { configuration, timeout = 30_000 } = options;
  let caller;
  let guard;
  try {
    caller = new Caller(platform, url, configuration);
    const late = new Promise((_, reject) => {
      guard = setTimeout(() => reject(new Error(`not done after ${timeout} ms: ${caller.progress} (${caller.connection.connectionState})`)), timeout);
    });
    const figures = await Promise.race([run(caller, options, platform), late]);
    return { passed: true, details: '', figures };
  } catch (error) {
    return { passed: false, unsupported: error instanceof Unsupported, details: String(error.message ?? error) };
  } finally {
    clearTimeout(guard);
    await caller?.end();
  }
}
