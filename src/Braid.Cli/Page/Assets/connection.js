// One peer connection to the .NET process that serves this page. The offer goes by HTTP; nothing else does.

export class Connection extends EventTarget {
  #peer = null;

  get peer() { return this.#peer; }

  async open() {
    const started = performance.now();
    const peer = this.#peer = new RTCPeerConnection();
    peer.addEventListener('connectionstatechange', () => this.#say('state', peer.connectionState));
    // The first channel puts data into the offer, and carries what the .NET side tells of itself.
    const status = this.channel('status');
    status.addEventListener('message', event => this.#say('status', JSON.parse(event.data)));
    // It stays open as long as the .NET process serves this page: browsers tell of a channel sooner than of the connection.
    status.addEventListener('open', () => status.addEventListener('close', () => this.#say('gone')));
    await peer.setLocalDescription();
    await gathered(peer);
    const response = await fetch('/offer', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(peer.localDescription),
    }).catch(() => { throw new Error('The .NET process does not answer: it may have ended.'); });
    const answer = await response.json();
    if (!response.ok) throw new Error(`The .NET process refused the offer: ${answer.error}`);
    await peer.setRemoteDescription(answer);
    await opened(status);
    return performance.now() - started;
  }

  channel(label, options) {
    const channel = this.#peer.createDataChannel(label, options);
    channel.binaryType = 'arraybuffer';
    return channel;
  }

  close() { this.#peer?.close(); this.#peer = null; }

  // Which addresses are in use, and what seals the records.
  async path() {
    const report = await this.#peer.getStats();
    const all = [...report.values()];
    const transport = all.find(entry => entry.type === 'transport');
    const pair = report.get(transport?.selectedCandidatePairId) ?? all.find(entry => entry.type === 'candidate-pair' && (entry.selected || entry.nominated));
    const name = id => {
      const candidate = report.get(id);
      return candidate ? `${candidate.address ?? '(hidden)'}:${candidate.port} (${candidate.candidateType})` : '?';
    };
    return {
      pair: pair ? `${name(pair.localCandidateId)} ↔ ${name(pair.remoteCandidateId)}` : '–',
      dtls: transport?.dtlsCipher ? `${{ FEFD: '1.2', FEFC: '1.3' }[transport.tlsVersion] ?? ''} ${transport.dtlsCipher}`.trim() : transport?.dtlsState ?? '–',
    };
  }

  #say(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}

export function opened(channel) {
  if (channel.readyState === 'open') return Promise.resolve();
  return new Promise((resolve, reject) => {
    channel.addEventListener('open', () => resolve(), { once: true });
    channel.addEventListener('close', () => reject(new Error('the channel was closed')), { once: true });
    channel.addEventListener('error', event => reject(event.error), { once: true });
  });
}

// Sends when there is room, so that the browser never has to buffer more than a few blocks.
export async function sendWithRoom(channel, data) {
  const limit = 1 << 20;
  channel.bufferedAmountLowThreshold = limit / 2;
  while (channel.bufferedAmount > limit) {
    await new Promise((resolve, reject) => {
      const done = () => { channel.removeEventListener('bufferedamountlow', done); channel.removeEventListener('close', closed); resolve(); };
      const closed = () => { channel.removeEventListener('bufferedamountlow', done); reject(new Error('the channel was closed')); };
      channel.addEventListener('bufferedamountlow', done);
      channel.addEventListener('close', closed);
    });
  }
  channel.send(data);
}

// All candidates in one offer: on one machine they come at once.
function gathered(peer) {
  if (peer.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise(resolve => {
    peer.addEventListener('icegatheringstatechange', () => { if (peer.iceGatheringState === 'complete') resolve(); });
  });
}
