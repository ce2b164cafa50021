// Every test of the pages, over one desk: the stories first, as people do them, then each page by itself.
import { after, before, describe } from 'node:test';
import { launch, startDesk } from './desk.mjs';
import { live } from './live.mjs';
import { pages } from './pages.mjs';
import { stories } from './stories.mjs';
import { weights } from './weights.mjs';

const world = {};
describe('the pages of a desk, in Chromium', () => {
  before(async () => {
    world.desk = await startDesk();
    world.browser = await launch();
  });
  after(async () => {
    await world.browser?.close();
    await world.desk?.stop();
  });
  stories(world);
  live(world);
  weights(world);
  pages(world);
});
