// The offering side of a scenario: a connection to an answering one, behind POST /offer.

import { CONTROL, gathered, initOf, toBytes } from './session.js';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Fails the scenario, with what went wrong. */
export function check(condition, what) {
  if (!condition) {
    throw new Error(what);
  }
}

/** The implementation does not have what the scenario is about: neither passed nor failed. */
export class Unsupported extends Error {}

/** A channel whose messages wait to be taken. */
export class Inbox {
  #waiting = [];
  #taken = null;
  #platform;

  constructor(channel, platform) {
    this.channel = channel;
    this.#platform = platform;
    channel.binaryType = 'arraybuffer';
    this.opened = new Promise((resolve) => {
      channel.onopen = resolve;
      if (channel.readyState === 'open') {
        resolve();
      }
    });
    this.closed = new Promise((resolve) => { channel.onclose = resolve; });
    channel.onmessage = ({ data }) => {
      const message = typeof data === 'string' ? data : toBytes(data);
      if (this.listener) {
        this.listener(message);
      } else {
        this.#waiting.push(message);
        this.#taken?.();
      }
    };
  }

  async next() {
    while (this.#waiting.length === 0) {
      await new Promise((resolve) => { this.#taken = resolve; });
    }

    return this.#waiting.shift();
  }

  send(message) {
    this.channel.send(typeof message === 'string' ? message : this.#platform.wire(message));
  }

  /** Resolves when less than so many bytes wait to be sent. Not every implementation has the event: it also looks. */
  async room(bytes) {
    while (this.channel.bufferedAmount > bytes) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 5);
        this.channel.bufferedAmountLowThreshold = bytes;
        this.channel.onbufferedamountlow = () => { clearTimeout(timer); resolve(); };
      });
    }
  }

  async echo(message) {
    this.send(message);
    check(same(await this.next(), message), `${this.channel.label}: another message came back`);
  }

  close() {
    this.channel.close();
    return this.closed;
  }
}

export function same(a, b) {
  return typeof a === 'string' || typeof b === 'string'
    ? a === b
    : a.byteLength === b.byteLength && a.every((value, i) => value === b[i]);
}

export class Caller {
  #platform;
  #url;
  #session;
  #arrived = [];
  #arrival = null;

  constructor(platform, url, configuration) {
    this.progress = 'connecting';                            // what a time-out tells
    this.#platform = platform;
    this.#url = url;
    this.connection = platform.connect(configuration ?? {});
    this.connection.ondatachannel = ({ channel }) => {
      this.#arrived.push(new Inbox(channel, platform));
      this.#arrival?.();
    };
    this.control = this.open('control', { protocol: CONTROL });
  }

  /** The next channel that the other side opened. */
  async accept() {
    while (this.#arrived.length === 0) {
      await new Promise((resolve) => { this.#arrival = resolve; });
    }

    return this.#arrived.shift();
  }

  get waiting() {
    return this.#arrived.length;
  }

  open(label, init = {}) {
    return new Inbox(this.connection.createDataChannel(label, initOf(init)), this.#platform);
  }

  /** Offer and answer; again with an ICE restart when it says so. */
  async negotiate({ iceRestart, channels, configuration } = {}) {
    const connection = this.connection;
    if (iceRestart) {
      connection.restartIce?.();
    }

    await connection.setLocalDescription(await connection.createOffer(iceRestart ? { iceRestart: true } : {}));
    await gathered(connection);
    const whole = connection.localDescription.sdp;
    const sdp = this.#platform.offersCandidates === false ? whole.replace(/^a=(candidate:|end-of-candidates).*\r?\n/gm, '') : whole;
    const body = { type: 'offer', sdp, session: this.#session, channels, configuration };
    const answer = await this.#platform.post(`${this.#url}/offer`, body);
    this.#session = answer.session;
    await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    this.largest = Math.min(...[sdp, answer.sdp].map((text) => Number(/a=max-message-size:(\d+)/.exec(text)?.[1] ?? 65536) || Infinity));
    return { offer: whole, answer: answer.sdp };
  }

  async connect(options) {
    const descriptions = await this.negotiate(options);
    await this.control.opened;
    this.progress = 'connected';
    return descriptions;
  }

  async command(command, more = {}) {
    this.control.send(JSON.stringify({ command, ...more }));
    return JSON.parse(await this.control.next());
  }

  async end() {
    this.connection.close();
    if (this.#session !== undefined) {
      await this.#platform.post(`${this.#url}/end`, { session: this.#session }).catch(() => {});
    }
  }
}
