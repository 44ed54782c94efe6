// The site for everybody: both languages, both appearances, small screens, and what axe can tell of accessibility.
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { openMovie, openPerson, signUp } from './steps';

test('the language follows the browser and can be switched', async ({ browser }) => {
  const context = await browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  await openMovie(page, 'Parasite');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page.getByRole('heading', { level: 1, name: 'Parasite' })).toBeVisible();

  await page.getByRole('button', { name: 'Menu and settings' }).click();
  await page.getByRole('radio', { name: '한국어' }).check({ force: true });
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
  await expect(page.getByRole('heading', { level: 1, name: '기생충' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: '기생충' })).toBeVisible();
  await context.close();
});

test('the appearance can be switched and is remembered', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: '메뉴와 설정' }).click();
  await page.getByRole('radio', { name: '어둡게' }).check({ force: true });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

const pages: [string, (page: Page) => Promise<unknown>][] = [
  ['home', (page) => page.goto('/')],
  ['movie', (page) => openMovie(page, '기생충')],
  ['person', (page) => openPerson(page, '류승완')],
  ['found people', (page) => page.goto('/search?q=류승')],
  ['rate', (page) => page.goto('/rate')],
  ['search', (page) => page.goto('/search')],
  ['taste', (page) => page.goto('/members/demo/taste')],
  ['films of a taste', (page) => page.goto('/members/demo/taste/movies?stars=4.0')],
  ['sign-in', (page) => page.goto('/sign-in')]
];

const loaded = async (page: Page) => {
  await expect(page.locator('main [aria-busy=true]')).toHaveCount(0);
  await expect(page.locator('main h1').first()).toBeAttached();
  await expect(page.locator('main .bone')).toHaveCount(0);
};

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [name, open] of pages) {
    test(`axe finds nothing on the ${name} page, ${colorScheme}`, async ({ page }) => {
      // Without motion nothing is half faded in when axe looks at colours.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await open(page);
      await loaded(page);
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
    });
  }
}

test('a member’s own pages pass axe too', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signUp(page);
  await page.locator('main ol > li').first().locator('input[value="8"]').click();
  for (const address of ['/me', '/taste', '/feed']) {
    await page.goto(address);
    await loaded(page);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
  }
});

for (const width of [360, 768, 1440]) {
  test(`nothing scrolls sideways at ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    for (const [, open] of [
      ...pages,
      ['sign-up', (page: Page) => page.goto('/sign-up')],
      ['status', (page: Page) => page.goto('/status')]
    ] as typeof pages) {
      await open(page);
      await loaded(page);
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      ).toBeLessThanOrEqual(0);
    }
  });
}
