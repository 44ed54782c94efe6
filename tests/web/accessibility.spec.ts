// Accessibility: axe on every page, both languages and themes, and no horizontal scrolling on small screens.
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

type Open = (page: Page) => Promise<unknown>;
const go =
  (address: string): Open =>
  (page) =>
    page.goto(address);

/** The pages for everybody. */
const open: Record<string, Open> = {
  home: go('/'),
  movie: (page) => openMovie(page, '기생충'),
  comments: async (page) => {
    await openMovie(page, '기생충');
    await page.goto(`${new URL(page.url()).pathname}/comments`);
  },
  person: (page) => openPerson(page, '류승완'),
  'found people': go('/search?q=류승'),
  rate: go('/rate'),
  search: go('/search'),
  lists: go('/lists'),
  'lists by title': go('/lists?q=qqqqzzzzxxxx'),
  'nothing found': go('/search?q=qqqqzzzzxxxx'),
  profile: go('/members/demo'),
  'comments of a member': go('/members/demo?tab=comments'),
  taste: go('/members/demo/taste'),
  'movies of a taste': go('/members/demo/taste/movies?stars=4.0'),
  'my page, signed out': go('/me'),
  'settings, signed out': go('/settings'),
  status: go('/status'),
  'sign-in': go('/sign-in'),
  'sign-up': go('/sign-up'),
  nowhere: go('/nowhere')
};

/** The pages for members. */
const own: Record<string, Open> = {
  home: go('/'),
  'for you': go('/for-you'),
  rate: go('/rate'),
  'my ratings': go('/me'),
  'my shelf': go('/me?tab=wish'),
  taste: go('/taste'),
  feed: go('/feed'),
  settings: go('/settings'),
  import: go('/settings/import'),
  movie: (page) => openMovie(page, '기생충'),
  comments: async (page) => {
    await openMovie(page, '기생충');
    await page.goto(`${new URL(page.url()).pathname}/comments`);
  }
};

const LANGUAGES = { ko: 'ko-KR', en: 'en-US' };

const drawn = async (page: Page) => {
  await expect(page.locator('main h1').first()).toBeAttached();
  await expect(page.locator('main [aria-busy=true]')).toHaveCount(0);
  await expect(page.locator('main .bone')).toHaveCount(0);
};
const loaded = async (page: Page) => {
  await page.waitForLoadState('networkidle');
  await drawn(page);
};

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The violations that axe finds: all rules in the light theme, only contrast in the dark one, where nothing but colours differs. */
async function passes(page: Page) {
  for (const colorScheme of ['light', 'dark'] as const) {
    // Reduced motion, so that no element is half faded in when axe measures contrast.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const axe = new AxeBuilder({ page });
    const { violations } = await (colorScheme === 'light' ? axe.withTags(RULES) : axe.withRules('color-contrast')).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    expect(found, colorScheme).toEqual([]);
  }
}

/** How many pixels the page is wider than the viewport. */
const beyond = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Signs up a member with a rating and a movie on a shelf. */
async function signUpWithSomething(page: Page) {
  await signUp(page);
  const rows = page.locator('main ol > li');
  await rows.first().locator('input[value="8"]').click();
  await expect(rows.first().locator('[data-line=rated]')).toBeVisible();
  await rows.nth(1).locator('[popovertarget]').click();
  await rows.nth(1).locator('[popover] [aria-pressed]').first().click();
}

// Run in one language: what axe checks (elements, presence of names, colours) is the same in the other.
test.describe('for axe', () => {
  for (const [name, opens] of Object.entries(open)) {
    test(`axe finds nothing on the page “${name}”`, async ({ page }) => {
      await opens(page);
      await loaded(page);
      await passes(page);
    });
  }

  test('a member’s own pages pass axe too', async ({ page }) => {
    test.setTimeout(120_000);
    await signUpWithSomething(page);
    for (const [name, opens] of Object.entries(own)) {
      await test.step(name, async () => {
        await opens(page);
        await loaded(page);
        await passes(page);
      });
    }
  });
});

for (const [language, locale] of Object.entries(LANGUAGES)) {
  test.describe(`in ${language}`, () => {
    test.use({ locale });

    // Resizes an open page, as when a window is resized or a tablet is turned.
    test('nothing scrolls sideways from 360 to 1440 pixels', async ({ page }) => {
      test.setTimeout(240_000);
      const check = async (pages: Record<string, Open>) => {
        for (const [name, opens] of Object.entries(pages)) {
          await page.setViewportSize({ width: 360, height: 800 });
          await opens(page);
          await drawn(page);
          await expect(page.locator('html')).toHaveAttribute('lang', language);
          for (const width of [360, 768, 1440]) {
            await page.setViewportSize({ width, height: 800 });
            await expect.poll(() => beyond(page), { message: `${name} at ${width}` }).toBeLessThanOrEqual(0);
          }
        }
      };
      await check(open);
      await signUpWithSomething(page);
      await check(own);
    });
  });
}
