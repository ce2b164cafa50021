// What keeps people out of a page, looked for in a real browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds, a line each. */
export async function axe(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate((rules) => axe.run(document, { runOnly: rules, iframes: false }), RULES);
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary.replace(/\s+/g, ' ')}`),
  );
}

/** How many pixels the page is wider than the window, and what sticks out. */
export function sticksOut(page) {
  return page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const out = [...document.querySelectorAll('body *')].filter((e) => !e.closest('.sr') && e.getBoundingClientRect().right > room + 1);
    return out.slice(-3).map((e) => `${e.tagName} ${e.className}: ${Math.round(e.getBoundingClientRect().right)} > ${room}`);
  });
}

/** Links to a place in a page that the page does not have. */
export function deadJumps(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('a[href^="#"]')]
      .map((a) => a.getAttribute('href'))
      .filter((href) => !document.getElementById(decodeURIComponent(href.slice(1)))),
  );
}

/** How much the page has moved while it was laid out (web.dev/cls). */
export async function layoutShift(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((e) => (sum += e.value))).observe({
          type: 'layout-shift',
          buffered: true,
        });
        document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum))));
      }),
  );
}

/** Walks through the page by Tab, and answers what is wrong on the way. */
export async function tabWalk(page) {
  const all = await page.evaluate(() => {
    const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('[inert]');
    const ways = 'a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex="0"]';
    const stops = [...document.querySelectorAll(ways)].filter((e) => !e.disabled && seen(e));
    // Of radio buttons that belong together one is a stop: the chosen one, or the first.
    const group = (e) => stops.filter((other) => other.type === 'radio' && other.name === e.name && other.form === e.form);
    const chosen = stops.filter((e) => e.type !== 'radio' || e === (group(e).find((one) => one.checked) ?? group(e)[0]));
    chosen.forEach((e, nth) => (e.stop = nth));
    document.activeElement.blur();
    return chosen.length;
  });
  const wrong = [];
  const visited = new Set();
  let last;
  for (;;) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(lookAtFocus);
    // A field for a date has several stops inside.
    if (at && at.stop !== undefined && at.stop === last) continue;
    if (at === null || visited.has(at.stop)) break;
    last = at.stop;
    if (at.stop !== undefined) visited.add(at.stop);
    if (at.wrong) wrong.push(`${at.name}: ${at.wrong}`);
  }
  if (visited.size < all) wrong.push(`${visited.size} of ${all} controls were reached`);
  return wrong;
}

/** In the page: what has the focus, and whether one sees it. */
function lookAtFocus() {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const name = `${e.tagName.toLowerCase()} ${(e.textContent || e.name || '').trim().slice(0, 30)}`;
  const box = e.getBoundingClientRect();
  const style = getComputedStyle(e);
  const ring = (s) => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none';
  let wrong = '';
  if (box.width < 1 || box.height < 1) wrong = 'has no size';
  else if (!ring(style) && e.tagName !== 'IFRAME') wrong = 'shows no focus';
  else {
    const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
    const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 12), 0), innerHeight - 1);
    const top = document.elementFromPoint(x, y);
    const own = top && (e.contains(top) || top.contains(e) || top.closest('label')?.control === e);
    if (!own) wrong = `is behind ${top ? `${top.tagName} ${top.className}` : 'nothing'}`;
  }
  return { stop: e.stop, name, wrong };
}

/** Fails with what was found, a line each. */
export function nothing(found) {
  assert.ok(found.length === 0, `\n${found.join('\n')}`);
}
