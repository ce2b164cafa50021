// What a first visit costs whoever is on a bad line (docs/performance.md).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { signIn, texts, visitor } from './desk.mjs';

/** Everything that a browser without a cache gets for `place`, packed, by its path. */
async function weigh(page, place) {
  const answers = [];
  const keep = (answer) => answers.push(answer);
  page.on('response', keep);
  await page.goto(place);
  await page.waitForLoadState('load');
  page.off('response', keep);
  const weights = {};
  for (const answer of answers) weights[new URL(answer.url()).pathname] = gzipSync(await answer.body()).length;
  return weights;
}

const sum = (weights) => Object.values(weights).reduce((all, one) => all + one, 0);

export function weights(world) {
  test('the first visit of the queue weighs at most 30 kB packed, its script 6 kB, a link less than 15 kB', async () => {
    const first = await visitor(world.browser, world.desk);
    await signIn(first, world.desk, 'eva.lind');
    const state = await first.context().storageState();
    // Another browser, which has kept nothing but the cookie.
    const fresh = await visitor(world.browser, world.desk, { storageState: state });
    const queue = await weigh(fresh, '/queue');
    assert.ok('/queue' in queue && '/staff.js' in queue && '/staff.css' in queue, JSON.stringify(queue));
    assert.ok(sum(queue) <= 30 * 1024, JSON.stringify(queue));
    assert.ok(queue['/staff.js'] <= 6 * 1024, JSON.stringify(queue));
    const link = texts(world.desk).map((text) => text.match(/\/p\/[a-z2-7]{26}(?=\s|$)/)?.[0]).find(Boolean);
    const stranger = await visitor(world.browser, world.desk);
    const pickup = await weigh(stranger, link);
    assert.ok(Object.keys(pickup).length >= 2 && sum(pickup) < 15 * 1024, JSON.stringify(pickup));
    for (const page of [first, fresh, stranger]) await page.context().close();
  });
}
