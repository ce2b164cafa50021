// Whole stories of the people at the desk: by mouse, by keyboard, without script, and two at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, nothing, sticksOut } from './barriers.mjs';
import { mails, signIn, texts, until, visitor } from './desk.mjs';

/** The row of the queue whose writer is `name`. */
export function row(page, name) {
  return page.locator('tr.row', { hasText: name }).first();
}

/** Opens the ticket of `name` from the queue, and answers its address. */
export async function open(page, name) {
  await page.goto('/queue');
  await row(page, name).locator('a[href*="/tickets/"]').first().click();
  await page.waitForURL(/\/tickets\/\d+-\d+/);
  return new URL(page.url()).pathname;
}

/** Opens what is folded. */
async function unfold(page, name) {
  await page.locator('details > summary', { hasText: name }).first().click();
}

/** Somebody closes a ticket, takes it back, and closes it again; as they can with script and without. */
async function closesAndTakesBack(page, writer) {
  const ticket = await open(page, writer);
  await unfold(page, 'Anteckna');
  await page.getByLabel('Anteckning till kollegor').fill('Har talat med hemtjänsten.');
  await page.getByRole('button', { name: 'Spara anteckningen' }).click();
  await page.getByText('Har talat med hemtjänsten.').first().waitFor();
  await page.goto(ticket);
  await page.getByRole('button', { name: 'Stäng', exact: false }).first().click();
  await page.goto(ticket);
  await page.getByRole('button', { name: 'Ångra' }).click();
  await page.goto(ticket);
  await page.getByText('Väntar på servicedesk').first().waitFor();
  await page.getByRole('button', { name: 'Stäng', exact: false }).first().click();
  await until(async () => {
    await page.goto(ticket);
    return page.getByRole('button', { name: 'Öppna igen' }).count();
  }, 'the ticket is closed ten seconds after that');
}

export function stories(world) {
  test('whoever signs in wrongly is told so at once, and comes in with the right words', async () => {
    const page = await visitor(world.browser, world.desk);
    await page.goto('/queue');
    await page.getByLabel('Användarnamn').fill('eva.lind');
    await page.getByLabel('Lösenord').fill('not-the-password');
    await page.getByRole('button', { name: 'Logga in' }).click();
    const error = page.getByRole('alert');
    await error.waitFor();
    assert.equal(await error.evaluate((e) => e === document.activeElement), true, 'the error has the focus');
    assert.equal(await page.getByLabel('Användarnamn').inputValue(), 'eva.lind', 'the name is kept');
    await page.getByLabel('Lösenord').fill(world.desk.people['eva.lind']);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/queue');
    await page.context().close();
  });

  for (const [how, options, writer] of [
    ['by mouse', {}, 'Maria Lund'],
    ['without script', { javaScriptEnabled: false }, 'Yusuf Demir'],
  ]) {
    test(`a ticket is noted at, closed, taken back and closed again, ${how}`, async () => {
      const page = await visitor(world.browser, world.desk, options);
      await signIn(page, world.desk, 'per.ost');
      await closesAndTakesBack(page, writer);
      await page.context().close();
    });
  }

  test('by keyboard alone, tickets are chosen in the queue and closed together', async () => {
    const page = await visitor(world.browser, world.desk);
    await signIn(page, world.desk, 'per.ost');
    await page.locator('tr.row').first().waitFor();
    const keys = async (...all) => {
      for (const key of all) await page.keyboard.press(key);
    };
    const focused = () => page.evaluate(() => document.activeElement.closest('tr')?.innerText ?? '');
    // Down to the thanks that Adam sent: nobody needs to read them twice.
    for (let presses = 0; !(await focused()).includes('Adam Berg'); presses++) {
      assert.ok(presses < 80, 'j comes to every row');
      await keys('j');
    }
    await keys('x', 'e');
    await page.waitForURL('**/queue/preview');
    assert.match(await page.locator('main').innerText(), /Adam Berg/);
    const walk = async (name) => {
      for (let presses = 0; presses < 60; presses++) {
        await keys('Tab');
        if ((await page.evaluate(() => document.activeElement.textContent.trim())).startsWith(name)) return;
      }
      assert.fail(`Tab does not come to ${name}`);
    };
    await walk('Stäng');
    await keys('Enter');
    await page.waitForURL('**/queue/act');
    await until(async () => {
      await page.goto('/queue?q=Adam+Berg');
      return !(await page.locator('tr.row', { hasText: 'Väntar på' }).count());
    }, 'the ticket is closed');
    await page.context().close();
  });

  test('of two who answer the same mail one is too late, and keeps what was written', async () => {
    const [eva, per] = [await visitor(world.browser, world.desk), await visitor(world.browser, world.desk)];
    await signIn(eva, world.desk, 'eva.lind');
    await signIn(per, world.desk, 'per.ost');
    const ticket = await open(eva, 'Matti Laine');
    await per.goto(ticket);
    const own = 'Prova att koppla från dockan, Matti. Säg till om det händer igen.';
    await per.getByLabel('Meddelande').fill('Vi felsöker anslutningen. Du hör av oss i dag.');
    await per.getByRole('button', { name: 'Skicka svaret' }).click();
    await per.getByRole('button', { name: 'Ångra' }).waitFor();
    await eva.getByLabel('Meddelande').fill(own);
    await eva.getByRole('button', { name: 'Skicka svaret' }).click();
    await eva.getByRole('heading', { level: 1 }).waitFor();
    assert.ok((await eva.locator('main').innerText()).includes('Per Öst'), 'she is told who was first');
    await eva.goto(ticket);
    assert.equal(await eva.getByLabel('Meddelande').inputValue(), own, 'her words lie there as a draft');
    await until(() => mails(world.desk).some((mail) => mail.includes('matti.laine')), 'his answer leaves');
    assert.ok(!mails(world.desk).some((mail) => mail.includes('koppla från dockan')), 'hers does not');
    await eva.context().close();
    await per.context().close();
  });

  test('an override waits for a colleague, and the password goes through the manager to nobody else', async () => {
    const { browser, desk } = world;
    const [eva, per] = [await visitor(browser, desk), await visitor(browser, desk)];
    await signIn(eva, desk, 'eva.lind');
    await signIn(per, desk, 'per.ost');
    const before = texts(desk);
    const ticket = await open(eva, 'Nils Frost');
    // She knows the manager's name, and finds her by it; what she has written already stays.
    await eva.getByLabel('Varför, i en mening').first().fill('Nils vikarierar hos Karin den här veckan.');
    await eva.getByLabel('Chefens användarnamn').fill('karin ek');
    await eva.getByRole('button', { name: 'Sök chefen' }).click();
    await eva.waitForURL('**/people');
    nothing([...(await axe(eva)), ...(await sticksOut(eva))]);
    await eva.getByRole('radio', { name: 'Karin Ek' }).check();
    await eva.getByLabel('Hur vet du vem det är?').selectOption('vouched');
    await eva.getByRole('button', { name: 'Begär godkännande' }).click();
    await eva.goto(ticket);
    assert.equal(await eva.getByRole('button', { name: 'Godkänn', exact: true }).count(), 0, 'not by herself');
    await per.goto(ticket);
    assert.ok((await per.locator('main').innerText()).includes('Karin Ek'), 'he sees who would get it');
    await per.getByRole('button', { name: 'Godkänn', exact: true }).click();
    const link = await until(() => {
      const fresh = texts(desk).filter((text) => !before.includes(text));
      return fresh.map((text) => text.match(/\/p\/[a-z2-7]{26}(?=\s|$)/)?.[0]).find(Boolean);
    }, "a link on the manager's phone");

    const karin = await visitor(browser, desk, { viewport: { width: 320, height: 640 }, javaScriptEnabled: false });
    await karin.goto(link);
    assert.match(await karin.locator('main').innerText(), /Nils Frost/);
    await karin.getByRole('button', { name: 'Visa lösenordet' }).click();
    const password = (await karin.locator('output').first().innerText()).trim();
    assert.ok(password.length >= 10, 'a password is shown');
    await karin.getByRole('button', { name: 'Klart, det kom fram' }).click();
    // In a window of its own: the one in which it was approved loads itself anew.
    const later = await per.context().newPage();
    await until(async () => {
      await later.goto(ticket);
      return (await later.getByText('Väntar på servicedesk').count()) === 0 && (await later.getByText('överlämn').count()) > 0;
    }, 'the ticket says that it was handed over');
    // The canary: what Karin saw stands on no page of theirs, and not in the log that they can take along.
    const menu = await eva.locator('nav.nav a').evaluateAll((all) => all.map((a) => a.href));
    for (const place of [...menu, ticket, '/queue?q=Nils+Frost', `/audit?ticket=${ticket.split('/').pop()}`, '/settings', '/quarantine']) {
      await eva.goto(place);
      assert.ok(!(await eva.content()).includes(password), `${place} shows the password`);
    }
    const log = await eva.request.get('/audit/export');
    assert.ok(log.ok() && !(await log.text()).includes(password), 'the log holds no password');
    for (const page of [eva, per, karin]) await page.context().close();
  });
}
