// What must stay visible: stars and histogram by contrast and in forced colours, and the page itself on the smallest screens.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { inBothLanguages, openMovie, rows, signUp } from './steps';

type Rgb = [number, number, number];

/** The colours of a picture of the element's surroundings, as the browser has drawn them. */
async function drawn(page: Page, around: Locator): Promise<Rgb[]> {
  const box = (await around.boundingBox())!;
  const picture = await page.screenshot({ clip: { x: box.x, y: box.y, width: box.width, height: box.height } });
  return page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d')!;
    context.drawImage(image, 0, 0);
    const { data: pixels } = context.getImageData(0, 0, image.width, image.height);
    return Array.from({ length: pixels.length / 4 }, (_, i): [number, number, number] => [
      pixels[i * 4]!,
      pixels[i * 4 + 1]!,
      pixels[i * 4 + 2]!
    ]);
  }, picture.toString('base64'));
}

const linear = (value: number) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const luminance = ([r, g, b]: Rgb) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The contrast of what is drawn in the element with the ground at its corner. */
async function contrastIn(page: Page, element: Locator): Promise<number> {
  await element.scrollIntoViewIfNeeded();
  const pixels = await drawn(page, element);
  return Math.max(...pixels.map((pixel) => contrast(pixel, pixels[0]!)));
}

/** An empty star of the row, and one that is filled, if there is any. */
const emptyStar = (row: Locator) => row.locator('> svg').last();

const THEMES = ['light', 'dark'] as const;

for (const colorScheme of THEMES) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('empty stars stand out from every ground', async ({ page }) => {
      await signUp(page);
      // On the page.
      await expect(rows(page).first()).toBeVisible();
      expect(await contrastIn(page, emptyStar(rows(page).first().locator('.row')))).toBeGreaterThanOrEqual(3);
      // On the tinted head of movies, dark, pale and colourful.
      for (const title of ['올드보이', '기생충', '이웃집 토토로']) {
        await openMovie(page, title);
        expect(await contrastIn(page, emptyStar(page.locator('.backdrop .row'))), title).toBeGreaterThanOrEqual(3);
      }
      // On the cards of comments.
      const comment = page.locator('main article .row').first();
      await expect(comment).toBeVisible();
      await page.evaluate(() => {
        for (const filled of document.querySelectorAll<HTMLElement>('main article .row .filled')) filled.style.width = '0';
      });
      expect(await contrastIn(page, emptyStar(comment))).toBeGreaterThanOrEqual(3);
      await page.locator('.backdrop input[value="5"]').click();
      await page.locator('textarea[name=comment]').fill('좋은 영화였다.');
      await page.locator('textarea[name=comment]').press('Tab');
      await page.locator('main form button[type=submit]').first().click();
      const own = page.locator('#my-comment .row');
      await expect(own).toBeVisible();
      expect(await contrastIn(page, emptyStar(own))).toBeGreaterThanOrEqual(3);
    });

    test('every bar of a histogram stands out', async ({ page }) => {
      await openMovie(page, '기생충');
      const bars = page.locator('figure .bar');
      await expect(bars).toHaveCount(10);
      for (const place of [0, 4, 9])
        expect(await contrastIn(page, page.locator('figure li').nth(place))).toBeGreaterThanOrEqual(3);
    });
  });
}

for (const colorScheme of THEMES) {
  test.describe(`in forced colours, ${colorScheme}`, () => {
    test.beforeEach(({ page }) => page.emulateMedia({ forcedColors: 'active', colorScheme }));

    test('full, half and empty stars are told apart', async ({ page }) => {
      await signUp(page);
      const first = rows(page).first();
      await first.locator('input[value="5"]').click();
      await page.mouse.move(0, 0);
      await expect(first.locator('[data-line=rated]')).toContainText('2.5');
      // The share of each star that is filled: two and a half of five.
      const row = first.locator('.row');
      const outlines = row.locator('> svg');
      const ink = async (star: number) => {
        await row.scrollIntoViewIfNeeded();
        const pixels = await drawn(page, outlines.nth(star));
        return pixels.filter((pixel) => contrast(pixel, pixels[0]!) >= 3).length / pixels.length;
      };
      const [full, half, empty] = [await ink(0), await ink(2), await ink(4)];
      expect(empty).toBeGreaterThan(0.02);
      expect(half).toBeGreaterThan(empty * 1.3);
      expect(full).toBeGreaterThan(half * 1.2);
    });

    test('the bars of a histogram are visible', async ({ page }) => {
      await openMovie(page, '기생충');
      const bar = page.locator('figure li:has(.tallest)');
      expect(await contrastIn(page, bar)).toBeGreaterThanOrEqual(3);
      expect(await contrastIn(page, page.locator('figure li:not(:has(.tallest))').nth(6))).toBeGreaterThanOrEqual(3);
    });
  });
}

test('at 320 pixels all five stars of a row to rate are on the screen', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await signUp(page);
  const best = rows(page).first().locator('input[value="10"]');
  await expect(best).toBeAttached();
  // Not scrolled to first, which would scroll sideways.
  const box = (await best.boundingBox())!;
  expect(box.x + box.width).toBeLessThanOrEqual(320);
  await best.click();
  await expect(rows(page).first().locator('[data-line=rated]')).toContainText('5.0');
});

test('at 400 % zoom no bar stays on the screen', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 256 });
  await signUp(page);
  for (const address of ['/rate', '/search', '/members/demo']) {
    await page.goto(address);
    await expect(page.locator('main article').first()).toBeAttached();
    await page.evaluate(() => window.scrollTo(0, 900));
    await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(600);
    const stuck = await page.evaluate(() =>
      [...document.querySelectorAll('header, nav, main > div')]
        .filter((element) => {
          const { position } = getComputedStyle(element);
          const { top, bottom, height } = element.getBoundingClientRect();
          return (position === 'fixed' || position === 'sticky') && height > 0 && bottom > 0 && top < window.innerHeight;
        })
        .map((element) => element.outerHTML.slice(0, 60))
    );
    expect(stuck, address).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  }
  // The tabs can still be reached.
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.getByRole('link', { name: '홈', exact: true }).click();
  await expect(page).toHaveURL('/');
});

inBothLanguages(
  {
    ko: { movie: '기생충', reveal: '내용 보기', like: /좋아요/ },
    en: { movie: 'Parasite', reveal: 'Show it anyway', like: /like/i }
  },
  (say) => {
    test('a button is called by the words that it shows', async ({ page }) => {
      await openMovie(page, say.movie);
      await page.goto(`${new URL(page.url()).pathname}/comments`);
      await expect(page.locator('main article').first()).toBeVisible();
      const named = page.locator('main article button[aria-label]');
      const buttons = await named.evaluateAll((all) =>
        all.map((button) => ({ name: button.getAttribute('aria-label')!, shown: button.textContent.trim() }))
      );
      expect(buttons.filter(({ name }) => say.like.test(name)).length).toBeGreaterThan(0);
      for (const { name, shown } of buttons) expect(name.toLowerCase()).toContain(shown.toLowerCase());
      const veiled = page.getByRole('button', { name: say.reveal });
      if (await veiled.count()) await expect(veiled.first()).toHaveText(say.reveal);
    });
  }
);
