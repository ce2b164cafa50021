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
];
const PHONE = [['queue-phone', '/queue']];

const folder = process.env.PICTURES;
mkdirSync(folder, { recursive: true });
const desk = await startDesk();
const browser = await launch();
try {
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
