import { Connection, opened } from '/connection.js';
import { fetchFile, sendFile } from '/files.js';
import { bytes, milliseconds, rate } from '/format.js';
import { latencies, throughput } from '/measure.js';
import { Plot } from '/plot.js';

const element = id => document.getElementById(id);
const controls = () => document.querySelectorAll('main input, main button');

const plots = {
  latency: new Plot(element('latency-plot'), { seconds: 60, format: milliseconds }),
  throughput: new Plot(element('throughput-plot'), { seconds: 30, series: 2, format: rate }),
  window: new Plot(element('cwnd-plot'), { series: 2, format: bytes }),
  rtt: new Plot(element('rtt-plot'), { format: milliseconds }),
  queue: new Plot(element('queue-plot'), { format: bytes }),
};

let connection = null;
let chat = null;

element('connect').addEventListener('click', async () => {
  if (connection) { disconnect(); return; }
  // Whatever a connection still tells when it is no longer the one that is shown, is not shown.
  const current = connection = new Connection();
  const whileCurrent = show => event => { if (connection === current) show(event.detail); };
  current.addEventListener('state', whileCurrent(showState));
  current.addEventListener('status', whileCurrent(showStatus));
  current.addEventListener('gone', whileCurrent(() => {
    showProblem('The .NET process has ended the connection.');
    disconnect();
  }));
  showState('connecting');
  element('connect').textContent = 'Disconnect';
  try {
    const time = await current.open();
    const channel = current.channel('chat');
    channel.addEventListener('message', event => { if (connection === current) addChat(event.data, false); });
    await opened(channel);
    if (connection !== current) return;
    chat = channel;
    element('fact-setup').textContent = milliseconds(time);
    element('fact-longest').textContent = bytes(current.peer.sctp.maxMessageSize);
    controls().forEach(control => { control.disabled = false; });
    await showPath(current);
    await followLatency(current);
  } catch (problem) {
    if (connection !== current) return;
    showProblem(problem.message);
    disconnect('failed');
  }
});

function disconnect(state = 'closed') {
  connection?.close();
  connection = null;
  controls().forEach(control => { control.disabled = true; });
  element('connect').textContent = 'Connect';
  showState(state);
}

function showState(state) {
  element('state').dataset.state = state;
  element('state').textContent = state === 'new' ? 'not connected' : state;
  if (state === 'failed' && connection) {
    showProblem('The connection has failed: the .NET process may have ended.');
    disconnect('failed');
  }
}

async function showPath(current) {
  const path = await current.path();
  if (connection !== current) return;
  element('fact-path').textContent = path.pair;
  element('fact-dtls').textContent = path.dtls;
}

// ---- Chat ----

element('chat-form').addEventListener('submit', event => {
  event.preventDefault();
  const text = element('chat-text').value;
  if (!text) return;
  try {
    chat.send(text);
  } catch (problem) {
    showProblem(problem.message);
    return;
  }
  addChat(text, true);
  element('chat-text').value = '';
});

function addChat(text, isOwn) {
  const line = document.createElement('li');
  line.textContent = text;
  line.className = isOwn ? 'own' : '';
  element('chat').append(line);
  element('chat').scrollTop = element('chat').scrollHeight;
}

// ---- Files ----

element('file').addEventListener('change', () => { sendAll(element('file').files); element('file').value = ''; });
element('drop').addEventListener('dragover', event => { event.preventDefault(); element('drop').classList.add('over'); });
element('drop').addEventListener('dragleave', () => element('drop').classList.remove('over'));
element('drop').addEventListener('drop', event => {
  event.preventDefault();
  element('drop').classList.remove('over');
  if (element('file').disabled) showProblem('Connect first: then files can be dropped here.');
  else sendAll(event.dataTransfer.files);
});
// Beside the field, the browser would leave the page to show the file.
for (const type of ['dragover', 'drop']) document.addEventListener(type, event => event.preventDefault());

function sendAll(files) {
  for (const file of files) {
    const row = addTransfer(`${file.name} to .NET`);
    row.follow(sendFile(connection, file, row.progress), sha256 => row.done('stored, the hash matches', sha256));
  }
}

function fetchOffered(offer) {
  const row = addTransfer(`${offer.name} from .NET`);
  row.follow(fetchFile(connection, offer.id, row.progress), file => {
    const link = row.done('received, the hash matches: save', file.sha256, 'a');
    link.href = URL.createObjectURL(file.blob);
    link.download = file.name;
  });
}

function addTransfer(title) {
  const row = document.createElement('li');
  const name = document.createElement('div');
  const bar = document.createElement('progress');
  const note = document.createElement('div');
  name.textContent = title;
  bar.setAttribute('aria-label', title);
  note.className = 'hash';
  row.append(name, bar, note);
  element('transfers').prepend(row);
  const started = performance.now();
  let size = 0;
  const add = (text, kind, tag = 'span') => {
    const mark = document.createElement(tag);
    mark.className = kind;
    mark.textContent = text;
    name.append(' – ', mark);
    return mark;
  };
  return {
    progress(done, total) { size = total; bar.max = Math.max(1, total); bar.value = total === 0 ? 1 : done; },
    follow(work, onDone) {
      work.then(onDone, problem => { row.dataset.result = 'failed'; add(problem.message, 'bad'); bar.remove(); });
    },
    done(text, sha256, tag) {
      const seconds = (performance.now() - started) / 1000;
      row.dataset.result = 'done';
      note.textContent = `${bytes(size)}, ${rate(size / seconds)}, SHA-256 ${sha256}`;
      bar.remove();
      return add(text, 'good', tag);
    },
  };
}

function showOffers(offers) {
  const list = element('offered');
  if (list.dataset.shown === JSON.stringify(offers)) return;
  list.dataset.shown = JSON.stringify(offers);
  list.replaceChildren(...offers.map(offer => {
    const row = document.createElement('li');
    const fetch = document.createElement('button');
    row.textContent = `${offer.name}, ${bytes(offer.size)}`;
    fetch.textContent = 'Fetch';
    fetch.setAttribute('aria-label', `Fetch ${offer.name}`);
    fetch.disabled = element('file').disabled;
    fetch.addEventListener('click', () => fetchOffered(offer));
    row.append(fetch);
    return row;
  }));
}

// ---- Measurements ----

async function followLatency(current) {
  let lost = 0;
  for await (const latency of latencies(current)) {
    if (connection !== current) return;
    if (latency === null) lost++;
    else plots.latency.add(0, latency);
    const sorted = plots.latency.values(0).toSorted((a, b) => a - b);
    if (sorted.length === 0) continue;
    element('latency-now').textContent = latency === null ? 'lost' : milliseconds(latency);
    element('latency-median').textContent = milliseconds(sorted[sorted.length >> 1]);
    element('latency-worst').textContent = milliseconds(sorted.at(-1));
    element('latency-lost').textContent = String(lost);
  }
}

for (const [direction, series] of [['down', 0], ['up', 1]]) {
  element(`run-${direction}`).addEventListener('click', async () => {
    const button = element(`run-${direction}`);
    button.disabled = true;
    try {
      plots.throughput.add(series, 0);
      const mean = await throughput(connection, direction, 5, value => plots.throughput.add(series, value));
      plots.throughput.add(series, 0);
      element(`throughput-${direction}`).textContent = rate(mean);
    } catch (problem) {
      showProblem(problem.message);
    }
    button.disabled = element('file').disabled;
  });
}

function showStatus(status) {
  plots.window.add(0, status.cwnd);
  plots.window.add(1, status.inFlight);
  plots.rtt.add(0, status.rtt);
  plots.queue.add(0, status.queue);
  element('cwnd-now').textContent = bytes(status.cwnd);
  element('flight-now').textContent = bytes(status.inFlight);
  element('rtt-now').textContent = milliseconds(status.rtt);
  element('queue-now').textContent = bytes(status.queue);
  element('totals').textContent =
    `SCTP's congestion window, round-trip time and send queue, ten times a second; ${status.packetsSent} packets sent, ${status.packetsReceived} received.`;
  showOffers(status.offers);
}

let hiding = 0;
function showProblem(text) {
  element('problem').textContent = text;
  element('problem').hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { element('problem').hidden = true; }, 8000);
}
