// What script adds to the pages: keys, colleagues who see each other, drafts that keep themselves, and the warning before
// a session ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mails, signIn, until, visitor } from './desk.mjs';
import { open } from './stories.mjs';

/** Presses keys, one after the other. */
async function keys(page, ...all) {
  for (const key of all) await page.keyboard.press(key);
}

/** Walks by Tab until what has the focus begins so. */
async function walk(page, name) {
  for (let presses = 0; presses < 80; presses++) {
    await keys(page, 'Tab');
    const at = await page.evaluate(() => (document.activeElement.textContent || '').trim());
    if (at.startsWith(name)) return;
  }
  assert.fail(`Tab does not come to ${name}`);
}

/** Chooses how the keys go, under the account. */
async function chooseKeys(page, value) {
  await page.goto('/account');
  await page.getByLabel('Kortkommandon').selectOption(value);
  await page.getByRole('button', { name: 'Spara' }).click();
  await page.waitForURL('**/account');
}

/** What a key of a keyboard does that has other letters on AltGr: is it taken from whoever writes? */
function isTaken(page, fields) {
  return page.evaluate((fields) => {
    const press = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ctrlKey: true, altKey: true, ...fields });
    (document.activeElement ?? document.body).dispatchEvent(press);
    return press.defaultPrevented;
  }, fields);
}

export function live(world) {
  test('by keyboard alone a ticket is found, taken, answered and left, and what is written keeps itself', async () => {
    const page = await visitor(world.browser, world.desk);
    await signIn(page, world.desk, 'per.ost');
    await keys(page, 's');
    await page.keyboard.type('Tomas Alm');
    await keys(page, 'Enter');
    await page.waitForURL('**/queue?q=*');
    await keys(page, 'j', 'Enter');
    await page.waitForURL(/\/tickets\/\d+-\d+/);
    const ticket = new URL(page.url()).pathname;
    await keys(page, 'm');
    await page.getByRole('button', { name: 'Släpp ärendet' }).waitFor();
    await keys(page, 'r');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'txt', 'r begins an answer');
    const answer = 'Hej Tomas, kalendern är delad. Jag meddelar jourens kollegor. Ses!';
    await page.keyboard.type(answer);
    await page.getByText(/Utkast sparat/).waitFor();
    assert.equal(new URL(page.url()).pathname, ticket, 'no letter of it was taken for a key');
    await page.goto(ticket);
    assert.equal(await page.getByLabel('Meddelande').inputValue(), answer, 'the draft lies there');
    await keys(page, 'r');
    await walk(page, 'Skicka svaret');
    await keys(page, 'Enter');
    await page.getByRole('button', { name: 'Ångra' }).waitFor();
    await until(() => mails(world.desk).some((mail) => mail.includes('tomas.alm')), 'the answer leaves');
    await page.goto(ticket);
    await page.getByText('Svar till avsändaren').first().waitFor();
    await page.context().close();
  });

  test('keys with Ctrl and Alt do what they say, and leave AltGr and fields to whoever writes', async () => {
    const page = await visitor(world.browser, world.desk);
    await signIn(page, world.desk, 'per.ost');
    await chooseKeys(page, 'ctrl-alt');
    await page.goto('/queue');
    await keys(page, 'j');
    assert.equal(await page.evaluate(() => document.activeElement === document.body), true, 'a letter alone is none');
    await keys(page, 'Control+Alt+j');
    assert.notEqual(await page.evaluate(() => document.activeElement.closest('tr')), null, 'the first row has the focus');
    await open(page, 'Ulla Mark');
    await keys(page, 'Control+Alt+e');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.step), 'close');
    for (const [key, code] of [['µ', 'KeyM'], ['€', 'KeyE']]) {
      assert.equal(await isTaken(page, { key, code, modifierAltGraph: true }), false, `${key} is a letter`);
    }
    assert.equal(await isTaken(page, { key: 'e', code: 'KeyE' }), true, 'Ctrl+Alt+E is a key');
    await page.getByLabel('Meddelande').focus();
    assert.equal(await isTaken(page, { key: 'm', code: 'KeyM' }), false, 'in a field there are no keys');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'txt');
    await chooseKeys(page, 'letters');
    await page.context().close();
  });

  test('two who have the same ticket open see each other, and who writes', async () => {
    const [eva, per] = [await visitor(world.browser, world.desk), await visitor(world.browser, world.desk)];
    await signIn(eva, world.desk, 'eva.lind');
    await signIn(per, world.desk, 'per.ost');
    const ticket = await open(eva, 'Ulla Mark');
    assert.equal(await eva.locator('#others').isVisible(), false, 'nobody else is there');
    await per.goto(ticket);
    await per.locator('#others', { hasText: 'Eva Lind' }).waitFor();
    await eva.locator('#others', { hasText: 'Per Öst' }).waitFor();
    await per.getByLabel('Meddelande').pressSequentially('Hej Ulla');
    await eva.locator('#others', { hasText: 'skriver' }).waitFor();
    // The draft is his alone.
    await per.getByText(/Utkast sparat/).waitFor();
    await per.getByLabel('Meddelande').fill('');
    await per.context().close();
    await eva.locator('#others').waitFor({ state: 'hidden' });
    await eva.context().close();
  });

  test('whoever writes is warned before the session ends, and only then', async () => {
    const page = await visitor(world.browser, world.desk);
    await signIn(page, world.desk, 'per.ost');
    await page.clock.install();
    await open(page, 'Ulla Mark');
    const written = 'Det här får inte gå förlorat.';
    await page.getByLabel('Meddelande').fill(written);
    const warning = page.locator('#ends');
    const asked = () => page.waitForResponse('**/account/session');
    // Eight hours later by this page's clock; but the session was used meanwhile, and the desk says so.
    const [answer] = await Promise.all([asked(), page.clock.fastForward('08:00:00')]);
    assert.ok((await answer.json()).left > 600);
    assert.equal(await warning.isVisible(), false, 'no warning that is not true');
    const says = async (status, body) => {
      await page.unroute('**/account/session');
      await page.route('**/account/session', (route) => route.fulfill({ status, json: body }));
    };
    await says(200, { left: 100 });
    const passes = (time, words) =>
      until(async () => {
        await page.clock.fastForward(time);
        return warning.getByText(words).isVisible();
      }, words);
    await passes('08:00:00', 'Du loggas ut om två minuter.');
    // Twelve hours end every session: then going on does not help, and that is said.
    await warning.getByRole('button', { name: 'Fortsätt' }).click();
    await warning.getByText('det går inte att skjuta upp').waitFor();
    await says(401, {});
    await passes('00:30', 'Du är utloggad.');
    assert.equal(await page.getByLabel('Meddelande').inputValue(), written, 'what was written stands there');
    await page.context().close();
  });
}
