// The libraries of npm, each as the W3C's API.

import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { Answerer } from './session.js';
import { call } from './scenarios.js';

export async function post(url, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(`${url}: ${response.status} ${answer.error}`);
  }

  return answer;
}

const sha256 = async (bytes) => createHash('sha256').update(bytes).digest('hex');
const versionOf = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;

const LIBRARIES = {
  async werift() {
    const { RTCPeerConnection } = await import('werift');
    // Without a server of ours it asks one on the Internet, and waits 5 s for it: this one refuses at once.
    const refusing = createSocket('udp4', (request, { port, address }) => {
      const answer = Buffer.from(request.subarray(0, 20));
      answer.writeUInt16BE(0x0111, 0);
      answer.writeUInt16BE(0, 2);
      refusing.send(answer, port, address);
    });
    await new Promise((bound) => refusing.bind(0, '127.0.0.1', bound));
    const none = [{ urls: `stun:127.0.0.1:${refusing.address().port}` }];
    return {
      version: versionOf('werift'),
      canRestart: true,
      connect: ({ iceServers = none, iceTransportPolicy = 'all' }) => new RTCPeerConnection({ iceServers, iceTransportPolicy }),
      wire: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    };
  },
  async wrtc() {
    const { default: { RTCPeerConnection } } = await import('@roamhq/wrtc');
    return {
      version: versionOf('@roamhq/wrtc'),
      canRestart: true,
      connect: (configuration) => new RTCPeerConnection(configuration),
      wire: (bytes) => bytes,
    };
  },
  async libdatachannel() {
    const { RTCPeerConnection } = await import('node-datachannel/polyfill');
    const { getLibraryVersion } = await import('node-datachannel');
    return {
      version: `${getLibraryVersion()} (node-datachannel ${versionOf('node-datachannel')})`,
      canRestart: false,
      // 0.24 hands an answer to ICE before it keeps the fingerprint: when the other side has checked before, DTLS may be done in between, and
      // fails. Who is told no candidates learns them from our checks, which come after.
      offersCandidates: false,
      connect: (configuration) => new RTCPeerConnection({ iceServers: [], ...configuration }),
      wire: (bytes) => bytes,
    };
  },
};

export async function startLibrary(name) {
  const library = await LIBRARIES[name]();
  const platform = { ...library, post, sha256 };
  const answerer = new Answerer(platform);
  return {
    version: library.version,
    offer: (body) => answerer.offer(body),
    end: (body) => answerer.end(body),
    call: (body) => call(platform, body),
  };
}
