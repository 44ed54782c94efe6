// The performance budget of a first visit: the bytes of code, and the cumulative layout shift. The largest contentful paint is
// recorded as an annotation and not asserted, because it depends on the machine.
import { expect, test, type Page } from '@playwright/test';
import { openMovie } from './steps';

const MAX_BYTES = 150 * 1024;
const MAX_SHIFT = 0.02;

interface Seen {
  shift: number;
  largest: number;
}

/** Records layout shifts and paints from the start of the page. */
async function watch(page: Page) {
  await page.addInitScript(() => {
    const seen: Seen = { shift: 0, largest: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput) seen.shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
    new PerformanceObserver((list) => {
      seen.largest = list.getEntries().at(-1)?.startTime ?? seen.largest;
    }).observe({ type: 'largest-contentful-paint', buffered: true });
  });
}

/** The transferred bytes of scripts and styles, from the browser's resource timings. */
const travelled = (page: Page) =>
  page.evaluate(() =>
    (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ name }) => /\.(js|css)$/.test(new URL(name).pathname))
      .map(({ name, encodedBodySize }) => ({ path: new URL(name).pathname, bytes: encodedBodySize }))
  );

const pages: [string, (page: Page) => Promise<string>][] = [
  ['home', () => Promise.resolve('/')],
  [
    'movie',
    async (page) => {
      await openMovie(page, '기생충');
      return page.url();
    }
  ],
  ['rate', () => Promise.resolve('/rate')]
];

for (const [name, find] of pages) {
  for (const viewport of [
    { width: 1320, height: 900 },
    { width: 390, height: 844 }
  ]) {
    test(`the first visit to the ${name} page is within the budget, ${viewport.width} pixels wide`, async ({
      page,
      browser,
      baseURL
    }) => {
      const address = await find(page);
      // A new context has an empty cache.
      const context = await browser.newContext({ baseURL: baseURL ?? '', viewport, locale: 'ko-KR', serviceWorkers: 'block' });
      const fresh = await context.newPage();
      await watch(fresh);
      await fresh.goto(address);
      await expect(fresh.locator('main article, main [data-score=average]').first()).toBeVisible();
      await fresh.waitForLoadState('networkidle');
      await expect(fresh.locator('main .bone')).toHaveCount(0);

      const files = await travelled(fresh);
      expect(files.length).toBeGreaterThan(5);
      // A size of 0 would mean that the browser does not report it.
      expect(files.filter(({ bytes }) => bytes === 0)).toEqual([]);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const seen = await fresh.evaluate(() => (window as unknown as { seen: Seen }).seen);
      const measured = `${(bytes / 1024).toFixed(1)} KB, shift ${seen.shift.toFixed(4)}, largest paint ${Math.round(seen.largest)} ms`;
      test.info().annotations.push({ type: 'first load', description: measured });
      expect(bytes, measured).toBeLessThanOrEqual(MAX_BYTES);
      expect(seen.shift, measured).toBeLessThanOrEqual(MAX_SHIFT);
      expect(seen.largest).toBeGreaterThan(0);
      await context.close();
    });
  }
}
