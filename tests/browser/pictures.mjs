// Makes docs/pictures anew: each page of the demo's desk in both themes, wide, and some as a phone shows them.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { launch, signIn, startDesk, texts, visitor } from './desk.mjs';

/** Name of the picture, its page, and where on it to look. */
const WIDE = [
  ['login', '/login'],
  ['queue', '/queue'],
  ['queue-similar', '/queue?group=text'],
  ['account', '/account'],
  ['wallboard', '/status?board=1'],
  ['by-hand', '/tickets/new'],
  ['settings', '/settings'],
  ['quarantine', '/quarantine'],
  ['overrides', '/queue/overrides'],
  ['accessibility', '/accessibility'],
];
const PHONE = [['queue-phone', '/queue']];

const folder = process.env.PICTURES;
mkdirSync(folder, { recursive: true });
const desk = await startDesk();
const browser = await launch();

/** Opens a ticket whose page offers to choose a manager, but not the one of `other`; answers its path. */
async function withManager(page, other) {
  await page.goto('/queue');
  const rows = await page.locator('tr.row').evaluateAll((all) => all.map((row) => [row.innerText, row.dataset.path]));
  for (const [text, place] of rows.filter(([text]) => !text.includes(other))) {
    await page.goto(place);
    await page.evaluate(() => document.querySelectorAll('details.step').forEach((part) => (part.open = true)));
    if (await page.locator('button[value=manager]').count()) return text;
  }
  throw new Error('no ticket offers another manager');
}

/** Looks for Karin Ek as a manager, by her name. */
async function findManager(page) {
  await page.getByLabel('Varför, i en mening').first().fill('Vikarierar hos Karin den här veckan.');
  await page.getByLabel('Chefens användarnamn').fill('karin ek');
  await page.locator('button[value=manager]').click();
  await page.waitForURL('**/people');
}

try {
  // A colleague asks for an override, so that something waits.
  const per = await visitor(browser, desk);
  await signIn(per, desk, 'per.ost');
  await withManager(per, 'Nils Frost');
  await findManager(per);
  await per.getByRole('radio', { name: 'Karin Ek' }).check();
  await per.getByLabel('Hur vet du vem det är?').selectOption('vouched');
  await per.getByRole('button', { name: 'Begär godkännande' }).click();
  await per.context().close();
  for (const theme of ['light', 'dark']) {
    const shoot = async (page, name) => {
      await page.screenshot({ path: path.join(folder, `${name}-${theme}.png`), fullPage: false });
    };
    const wide = await visitor(browser, desk, { colorScheme: theme, viewport: { width: 1280, height: 860 } });
    await wide.goto('/login');
    await shoot(wide, 'login');
    await signIn(wide, desk, 'eva.lind');
    for (const [name, place] of WIDE.slice(1)) {
      await wide.goto(place);
      await shoot(wide, name);
    }
    const menu = await wide.locator('nav.nav a').evaluateAll((all) => all.map((a) => new URL(a.href).pathname));
    for (const place of menu.filter((place) => !place.endsWith('/queue'))) {
      await wide.goto(place);
      await shoot(wide, place.split('/').pop());
    }
    for (const [name, writer] of [
      ['ticket', 'Nils Frost'],
      ['ticket-other', 'Fatima Noor'],
    ]) {
      await wide.goto(`/queue?q=${encodeURIComponent(writer)}`);
      await wide.locator('tr.row a[href*="/tickets/"]').first().click();
      await wide.waitForURL(/\/tickets\/\d+-\d+/);
      await shoot(wide, name);
      if (name === 'ticket') PHONE[1] = ['ticket-phone', new URL(wide.url()).pathname];
    }
    await wide.goto('/queue?q=Nils+Frost');
    await wide.locator('tr.row a[href*="/tickets/"]').first().click();
    await findManager(wide);
    await shoot(wide, 'find-manager');
    await wide.goto('/queue');
    for (const box of (await wide.locator('tr.row input[name=id]').all()).slice(0, 3)) await box.check();
    await wide.locator('#bulk button[value=ask]').click();
    await wide.waitForURL('**/queue/preview');
    await shoot(wide, 'preview');
    await wide.context().close();

    const phone = await visitor(browser, desk, { colorScheme: theme, viewport: { width: 390, height: 780 } });
    await signIn(phone, desk, 'per.ost');
    for (const [name, place] of PHONE) {
      await phone.goto(place);
      await shoot(phone, name);
    }
    const link = texts(desk).map((text) => text.match(/\/p\/[a-z2-7]{26}(?=\s|$)/)?.[0]).find(Boolean);
    await phone.goto(link);
    await shoot(phone, 'pickup-phone');
    await phone.context().close();
  }
} finally {
  await browser.close();
  await desk.stop();
}
