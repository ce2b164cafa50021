// Each page by itself: no barrier that axe finds, in both themes; nothing wider than the narrowest phone; everything
// reached by Tab and seen; nothing that the browser complains of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, deadJumps, layoutShift, nothing, sticksOut, tabWalk } from './barriers.mjs';
import { EN, signIn, texts, visitor } from './desk.mjs';

/** Pages beside those of the menu. */
const FURTHER = [
  '/queue?tab=pending',
  '/queue?tab=done',
  '/queue?tab=failed',
  '/queue?group=text',
  '/queue?q=skrivaren',
  '/queue?q=finnsinte',
  '/account',
  '/status?board=1',
  '/queue/overrides',
  '/tickets/new',
  '/quarantine',
  '/settings',
  '/accessibility',
  '/tickets/99-1',
];

/** What writers of the demo's mails are called and write above them: it stays as they wrote it. */
const WRITTEN = ['Nytt lösenord', 'Solgården', 'Sjö', 'Hjälp!!', 'Ålund', 'Åke'];

/** The pages of whoever is signed in: those of the menu, those above, and a ticket of each group of the queue. */
async function places(page) {
  await page.goto('/queue');
  const here = new URL(page.url()).origin;
  const menu = await page.locator('nav.nav a').evaluateAll((all) => all.map((a) => a.href));
  const tickets = await page
    .locator('table.q tbody')
    .evaluateAll((all) => all.map((group) => group.querySelector('tr.row a[href*="/tickets/"]')?.href).filter(Boolean));
  assert.ok(menu.length >= 6 && tickets.length >= 6, `${menu.length} pages in the menu, ${tickets.length} groups`);
  return [...new Set([...menu, ...tickets].map((url) => url.slice(here.length).split('#')[0]).concat(FURTHER))];
}

/** Pages that need nobody who is signed in. */
function outside(desk) {
  const link = texts(desk).map((text) => text.match(/\/p\/[a-z2-7]{26}(?=\s|$)/)?.[0]).find(Boolean);
  return ['/login', link, '/p/aaaaaaaaaaaaaaaaaaaaaaaaaa'];
}

export function pages(world) {
  for (const theme of ['light', 'dark']) {
    test(`no page has a barrier that axe finds, ${theme}`, async () => {
      const page = await visitor(world.browser, world.desk, { colorScheme: theme });
      await signIn(page, world.desk, 'eva.lind');
      const found = [];
      for (const place of [...(await places(page)), ...outside(world.desk)]) {
        await page.goto(place);
        found.push(...(await axe(page)).map((line) => `${place}: ${line}`));
      }
      await page.context().close();
      nothing(found);
    });
  }

  test('no page is wider than the narrowest phone, or jumps to nowhere, or is complained of', async () => {
    const page = await visitor(world.browser, world.desk, { viewport: { width: 320, height: 700 } });
    await signIn(page, world.desk, 'eva.lind');
    const found = [];
    for (const place of [...(await places(page)), ...outside(world.desk)]) {
      page.complaints = [];
      const answer = await page.goto(place);
      const wrong = [...(await sticksOut(page)), ...(await deadJumps(page))];
      if (answer.status() < 400) wrong.push(...page.complaints);
      found.push(...wrong.map((line) => `${place}: ${line}`));
    }
    await page.context().close();
    nothing(found);
  });

  test('everything on a page is reached by Tab, and seen there', async () => {
    const page = await visitor(world.browser, world.desk, { viewport: { width: 1280, height: 800 } });
    await signIn(page, world.desk, 'eva.lind');
    const found = [];
    for (const place of [...(await places(page)), ...outside(world.desk)]) {
      await page.goto(place);
      found.push(...(await tabWalk(page)).map((line) => `${place}: ${line}`));
    }
    await page.context().close();
    nothing(found);
  });

  test('in English no heading, label or button is Swedish', async () => {
    const page = await visitor(world.browser, world.desk, { locale: 'en-GB' });
    await signIn(page, world.desk, 'eva.lind', EN);
    const found = [];
    for (const place of [...(await places(page)), ...outside(world.desk)]) {
      await page.goto(place);
      if ((await page.locator('html').getAttribute('lang')) !== 'en') found.push(`${place}: its language`);
      const own = await page
        .locator('h1, h2, h3, button, label, legend, th, summary, nav a')
        .evaluateAll((all) => all.filter((e) => !e.closest('tr.row, .mail')).map((e) => e.innerText));
      const theirs = (text) => WRITTEN.some((words) => text.includes(words));
      found.push(...own.filter((text) => /[åäöÅÄÖ]/.test(text) && !theirs(text)).map((text) => `${place}: ${text}`));
    }
    await page.context().close();
    nothing(found);
  });

  test('paper gets the content alone, high contrast keeps every border, and nothing moves for who asks for that', async () => {
    const page = await visitor(world.browser, world.desk, { reducedMotion: 'reduce', forcedColors: 'active' });
    await signIn(page, world.desk, 'eva.lind');
    const found = [];
    for (const place of await places(page)) {
      await page.goto(place);
      const moves = await page.evaluate(() =>
        [...document.querySelectorAll('*')]
          .filter((e) => ['animationDuration', 'transitionDuration'].some((way) => parseFloat(getComputedStyle(e)[way]) > 0.01))
          .map((e) => `${e.tagName} ${e.className} moves`),
      );
      const flat = await page.evaluate(() =>
        [...document.querySelectorAll('button, .btn, .chip, input:not([type=hidden], [type=radio], [type=checkbox])')]
          .filter((e) => e.checkVisibility() && !e.matches('.btn--quiet, .link') && getComputedStyle(e).borderTopWidth === '0px')
          .map((e) => `${e.tagName} ${e.className} has no border`),
      );
      await page.emulateMedia({ media: 'print' });
      const printed = await page.evaluate(() =>
        ['header.top', '.bulk', '.dock', 'form.find'].filter((part) => document.querySelector(part)?.checkVisibility()),
      );
      await page.emulateMedia({ media: 'screen' });
      found.push(...[...new Set([...moves, ...flat, ...printed.map((part) => `${part} is printed`)])].map((line) => `${place}: ${line}`));
    }
    await page.context().close();
    nothing(found);
  });

  test('the queue does not move while it is laid out', async () => {
    const page = await visitor(world.browser, world.desk, { viewport: { width: 1280, height: 800 } });
    await signIn(page, world.desk, 'eva.lind');
    await page.goto('/queue');
    assert.equal(await layoutShift(page), 0);
    await page.context().close();
  });
}
