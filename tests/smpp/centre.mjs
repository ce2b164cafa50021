// A message centre for the tests: npm's smpp, with faults.
//
//   node centre.mjs PORT [KEY CERTIFICATE]
//
// SMPP on PORT; with a key also under TLS on PORT+1, which ends there: behind it lies PORT. PORT+2 takes orders
// over HTTP: GET /log, and POST /behave, /answer, /deliver, /write, /say, /forget, /cut, each with JSON.
//
// What is delivered to the desk stays here until it was acknowledged, and is offered again to the next session.
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { readFileSync } from 'node:fs';
import smpp from 'smpp';

const [port, key, certificate] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const PASSWORD = 'pw-4711';

// How it behaves; `behave` replaces what it names.
//   bind: a status for binds          status, times: a status for so many texts
//   answer: 'now', 'never', 'late' (at /answer), 'cut' (the connection, in its place), 'nack',
//           'nameless', 'odd' (that to an enquiry comes before, under the text's number)
//   receipt: a word, or null           early: the receipt comes before the answer
//   words: only words, no parameters   twice: each receipt comes twice
//   held: receipts wait for /deliver   silent: says nothing, whatever it is asked
const usual = {
  bind: 0, status: 0, times: Infinity, answer: 'now', receipt: 'DELIVRD', early: false, words: false, twice: false,
  held: false, silent: false,
};
let manners = { ...usual };
let log = [];
let count = 0;
const late = [];
const sessions = new Set();
const undelivered = new Set();
const STATES = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, DELETED: 4, UNDELIV: 5, ACCEPTD: 6, UNKNOWN: 7, REJECTD: 8 };

function offer(delivery) {
  const [session] = [...sessions].filter((one) => one.bound);
  if (!session || delivery.under === session || manners.held || manners.silent) return;
  delivery.under = session;
  session.deliver_sm(delivery.pdu, (answer) => {
    log.push({ op: 'deliver_sm_resp', id: delivery.id, status: answer.command_status });
    delivery.under = undefined;
    if (answer.command_status === 0) undelivered.delete(delivery);
    else setTimeout(offer, 300, delivery);
  });
}

function deliver(id, pdu) {
  const delivery = { id, pdu };
  undelivered.add(delivery);
  offer(delivery);
}

function receipt(text, id) {
  const stat = manners.receipt;
  const known = manners.words ? {} : { receipted_message_id: id, message_state: STATES[stat] };
  deliver(id, {
    esm_class: 4,
    source_addr: text.destination_addr,
    destination_addr: text.source_addr,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:2611300805 done date:2611300806 stat:${stat} err:000 text:Tillf`,
    ...known,
  });
}

function submitted(session, text) {
  const words = text.message_payload ?? text.short_message;
  log.push({
    op: 'submit_sm',
    from: text.source_addr,
    from_ton: text.source_addr_ton,
    to: text.destination_addr,
    to_ton: text.dest_addr_ton,
    to_npi: text.dest_addr_npi,
    coding: text.data_coding,
    receipt: text.registered_delivery,
    seconds: Math.round((text.validity_period - Date.now()) / 1000),
    long: text.message_payload !== undefined,
    text: String(words.message),
  });
  if (manners.status !== 0 && manners.times > 0) {
    manners.times -= 1;
    session.send(text.response({ command_status: manners.status }));
    return;
  }
  count += 1;
  const id = `${process.pid}-${count}`;
  log.at(-1).id = id;
  const tell = () => {
    for (let left = manners.twice ? 2 : 1; manners.receipt && left > 0; left -= 1) receipt(text, id);
  };
  if (manners.early) tell();
  if (manners.answer === 'odd') {
    session.send(new smpp.PDU('enquire_link_resp', { command_status: 11, sequence_number: text.sequence_number }));
  }
  if (manners.answer === 'nameless') session.send(text.response({ message_id: '' }));
  if (['now', 'odd'].includes(manners.answer)) session.send(text.response({ message_id: id }));
  if (manners.answer === 'late') late.push(() => session.send(text.response({ message_id: id })));
  if (manners.answer === 'nack') {
    session.send(new smpp.PDU('generic_nack', { command_status: 3, sequence_number: text.sequence_number }));
  }
  if (manners.answer === 'cut') session.destroy();
  if (!manners.early) tell();
}

smpp.createServer((session) => {
  sessions.add(session);
  log.push({ op: 'connection' });
  const over = () => {
    sessions.delete(session);
    for (const delivery of undelivered) if (delivery.under === session) delivery.under = undefined;
    undelivered.forEach(offer);
  };
  session.on('close', over).on('error', over);
  const when = (name, does) => session.on(name, (pdu) => manners.silent || does(pdu));
  when('bind_transceiver', (bind) => {
    const known = bind.system_id === 'desk' && bind.password === PASSWORD;
    const status = known ? manners.bind : smpp.ESME_RINVPASWD;
    log.push({ op: 'bind', status, version: bind.interface_version, system_type: bind.system_type });
    session.send(bind.response({ command_status: status, system_id: 'centre' }));
    session.bound = status === 0;
    undelivered.forEach(offer);
  });
  when('enquire_link', (enquiry) => {
    log.push({ op: 'enquire_link' });
    session.send(enquiry.response({ command_status: session.bound ? 0 : smpp.ESME_RINVBNDSTS }));
  });
  when('unbind', (unbind) => {
    log.push({ op: 'unbind' });
    session.bound = false;
    session.send(unbind.response(), () => session.close());
  });
  session.on('submit_sm', (text) => {
    if (manners.silent) log.push({ op: 'submit_sm', text: 'unheard' });
    else if (session.bound) submitted(session, text);
    else session.send(text.response({ command_status: smpp.ESME_RINVBNDSTS }));
  });
}).listen(port, '127.0.0.1');

if (key) {
  const options = { key: readFileSync(key), cert: readFileSync(certificate) };
  tls.createServer(options, (outer) => {
    const inner = net.connect(port, '127.0.0.1');
    outer.pipe(inner).pipe(outer);
    for (const [one, other] of [[outer, inner], [inner, outer]]) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  }).on('tlsClientError', () => {}).listen(port + 1, '127.0.0.1');
}

const ORDERS = {
  '/log': () => log,
  '/behave': (change) => { manners = { ...manners, ...change }; },
  '/answer': () => { late.splice(0).forEach((send) => send()); },
  '/cut': () => sessions.forEach((session) => session.destroy()),
  '/say': ({ command }) => sessions.forEach((session) => session.send(new smpp.PDU(command, { sequence_number: 77 }))),
  '/forget': () => sessions.forEach((session) => { session.bound = false; }),
  '/deliver': () => { manners.held = false; undelivered.forEach(offer); },
  '/write': (pdu) => deliver('', pdu),
};
http.createServer((request, answer) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    const done = ORDERS[request.url]?.(body ? JSON.parse(body) : {});
    answer.end(JSON.stringify(done ?? null));
  });
}).listen(port + 2, '127.0.0.1');
