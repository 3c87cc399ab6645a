// The answering side: echoes every message of every channel. docs/interop-scenarios.md says what it has to do.
// Runs in pages and in Node: nothing but the W3C's API.

export const CONTROL = 'braid-control';
export const SINK = 'braid-sink';

const GATHERING = 5000;                                      // ms: then with what there is

/** Resolves when all candidates are in the local description. */
export function gathered(connection) {
  return new Promise((resolve) => {
    const look = () => {
      // After a restart the state is at first that of before.
      if (connection.iceGatheringState === 'complete' && connection.localDescription?.sdp.includes('a=candidate:')) {
        clearInterval(timer);
        resolve();
      }
    };
    const timer = setInterval(look, 20);
    setTimeout(() => { clearInterval(timer); resolve(); }, GATHERING);
    connection.onicegatheringstatechange = look;
    look();
  });
}

/** What a channel was made with, in the form of RTCDataChannelInit. */
export function initOf({ ordered, maxRetransmits, maxPacketLifeTime, protocol, negotiated, id }) {
  const init = { ordered, maxRetransmits, maxPacketLifeTime, protocol, negotiated, id };
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined && value !== null));
}

/** Bytes as every implementation takes them. */
export function toBytes(data) {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The connections that others began. */
export class Answerer {
  #platform;
  #sessions = new Map();
  #last = 0;

  constructor(platform) {
    this.#platform = platform;
  }

  /** POST /offer */
  async offer({ sdp, session, configuration, channels }) {
    let found = this.#sessions.get(session);
    if (!found) {
      found = this.#begin(configuration);
      for (const channel of channels ?? []) {
        this.#open(found, channel);
      }
    }

    const { connection } = found;
    await connection.setRemoteDescription({ type: 'offer', sdp });
    await connection.setLocalDescription(await connection.createAnswer());
    await gathered(connection);
    return { type: 'answer', sdp: connection.localDescription.sdp, session: found.name };
  }

  /** POST /end */
  end({ session }) {
    const found = this.#sessions.get(session);
    if (found) {
      this.#sessions.delete(session);
      found.connection.close();
    }

    return {};
  }

  #begin(configuration) {
    const connection = this.#platform.connect(configuration ?? {});
    const session = { name: String(++this.#last), connection, channels: new Map() };
    this.#sessions.set(session.name, session);
    connection.ondatachannel = ({ channel }) => this.#serve(session, channel);
    connection.onconnectionstatechange = () => {
      if (['failed', 'closed'].includes(connection.connectionState)) {
        this.end({ session: session.name });
      }
    };
    return session;
  }

  #open(session, { label, ...init }) {
    return this.#serve(session, session.connection.createDataChannel(label, initOf(init)));
  }

  #serve(session, channel) {
    const served = { channel, messages: 0, bytes: 0 };
    const early = [];
    session.channels.set(channel.label, served);             // the latest one of a label
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => {
      served.messages++;
      served.bytes += typeof data === 'string' ? data.length : data.byteLength;
      if (channel.protocol === CONTROL) {
        this.#command(session, channel, JSON.parse(data));
      } else if (channel.protocol !== SINK) {
        this.#echo(channel, early, typeof data === 'string' ? data : this.#platform.wire(toBytes(data)));
      }
    };
    return channel;
  }

  #echo(channel, early, message) {
    if (channel.readyState === 'connecting') {
      early.push(message);                                   // Chromium has messages for a channel of its own before it calls it open
      channel.onopen = () => early.splice(0).forEach((waiting) => this.#echo(channel, early, waiting));
      return;
    }

    try {
      channel.send(message);
    } catch (error) {
      console.error(`no echo on ${channel.label}: ${error.message}`);    // it closes
    }
  }

  #command(session, control, { command, label, channels }) {
    const answer = { command, label };
    const served = session.channels.get(label);
    if (command === 'open') {
      channels.forEach((channel) => this.#open(session, channel));
    } else if (command === 'close') {
      served.channel.close();
    } else if (command === 'count') {
      Object.assign(answer, { messages: served?.messages ?? 0, bytes: served?.bytes ?? 0, state: served?.channel.readyState, now: performance.now() });
    }

    control.send(JSON.stringify(answer));
  }
}
