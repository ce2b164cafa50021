// A whole desk for the browser: `nyckelbud demo` in a throw-away folder, with its forty tickets and its two people.
// Driven by environment: NYCKELBUD is the program, FOLDER where it may write.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

/** Milliseconds that something may take on two cores that other tests use as well. */
export const PATIENCE = 60_000;

/** Starts the demo and answers when its queue is filled: `{ url, people: { name: password }, folder, stop }`. */
export async function startDesk() {
  const folder = path.join(process.env.FOLDER, 'desk');
  const demo = spawn(process.env.NYCKELBUD, ['demo', '--dir', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ready = new Promise((resolve, reject) => {
    const read = (part) => {
      said += part;
      if (said.includes('Ctrl-C ends it')) resolve();
    };
    demo.stdout.on('data', read);
    demo.stderr.on('data', read);
    demo.on('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${withoutSecrets(said)}`)));
  });
  await within(ready, 3 * PATIENCE, () => `the demo is not ready:\n${withoutSecrets(said)}`);
  const people = Object.fromEntries([...said.matchAll(/username (\S+) +password (\S+)/g)].map((m) => [m[1], m[2]]));
  const url = readFileSync(path.join(folder, 'nyckelbud.toml'), 'utf8').match(/public_url = "([^"]+)"/)[1];
  const ended = new Promise((resolve) => demo.on('exit', resolve));
  return {
    url,
    people,
    folder,
    stop: () => (demo.kill('SIGTERM'), within(ended, PATIENCE, () => 'the demo does not end')),
  };
}

function withoutSecrets(said) {
  return said.replace(/password \S+/g, 'password …').replace(/\/p\/\S+/g, '/p/…');
}

/** `promise`, or an error that `why` explains after `patience` milliseconds. */
async function within(promise, patience, why) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Asks `look` until it answers something. */
export async function until(look, what) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`it does not come: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The texts that have left, by the names of their files. */
export function texts(desk) {
  return leaving(desk, 'sms');
}

/** The mails that have left. */
export function mails(desk) {
  return leaving(desk, 'mail');
}

function leaving(desk, part) {
  const place = path.join(desk.folder, part);
  const names = readdirSync(place).filter((name) => !name.startsWith('.'));
  return names.map((name) => readFileSync(path.join(place, name), 'utf8'));
}

/** Debian's Chromium. Inside a container it has no sandbox of its own, and it looks for nothing outside. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
  });
}

/** A browser of one person: their language, their theme, with or without script. What the page complains of is kept. */
export async function visitor(browser, desk, options = {}) {
  const context = await browser.newContext({ baseURL: desk.url, locale: 'sv-SE', ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  return page;
}

const SV = { name: 'Användarnamn', password: 'Lösenord', button: 'Logga in' };
/** What the form is called in English. */
export const EN = { name: 'Username', password: 'Password', button: 'Sign in' };

/** Signs `name` in, at the form. */
export async function signIn(page, desk, name, words = SV) {
  await page.goto('/login');
  await page.getByLabel(words.name).fill(name);
  await page.getByLabel(words.password).fill(desk.people[name]);
  await page.getByRole('button', { name: words.button }).click();
  await page.waitForURL('**/queue');
}
