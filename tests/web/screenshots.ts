// Screenshots, signed in as the demo member of a running cluster: `make screenshots` makes those of the README, and
// with LOOKS=folder one of each page for phone and desktop, light and dark, Korean and English.
import { test, type Page } from '@playwright/test';
import { openMovie, openPerson, signIn } from './steps';

const IMAGES = '../../book/images';
const LOOKS = process.env.LOOKS;
const PASSWORD = process.env.MATCHA_DEMO_PASSWORD ?? 'matcha-demo-popcorn';

type Language = 'ko' | 'en';
type Theme = 'light' | 'dark';

const PAGES = {
  home: (page: Page) => page.goto('/'),
  'for-you': (page: Page) => page.goto('/for-you'),
  movie: (page: Page) => openMovie(page, 'parasite'),
  comments: async (page: Page) => {
    await openMovie(page, 'parasite');
    await page.goto(`${new URL(page.url()).pathname}/comments`);
  },
  person: (page: Page) => openPerson(page, '봉준호'),
  list: async (page: Page) => {
    await page.goto('/me?tab=lists');
    await page.locator('main a[href^="/lists/"]').first().click();
    await page.waitForURL('/lists/*');
  },
  rate: (page: Page) => page.goto('/rate'),
  search: (page: Page) => page.goto('/search?q=ㄱㅅㅊ'),
  taste: (page: Page) => page.goto('/taste'),
  'taste-movies': (page: Page) => page.goto('/members/demo/taste/movies?stars=4.0'),
  mine: (page: Page) => page.goto('/me'),
  diary: (page: Page) => page.goto('/me?tab=watches'),
  lists: (page: Page) => page.goto('/me?tab=lists'),
  feed: (page: Page) => page.goto('/feed'),
  profile: (page: Page) => page.goto('/members/demo'),
  settings: (page: Page) => page.goto('/settings'),
  import: (page: Page) => page.goto('/settings/import'),
  status: (page: Page) => page.goto('/status'),
  nowhere: (page: Page) => page.goto('/nowhere')
};
type Name = keyof typeof PAGES;

// One sign-in per screen, because sign-ins of an account are rate limited.
const SCREENS = [
  { screen: 'desktop', viewport: { width: 1320, height: 900 }, deviceScaleFactor: 1 },
  { screen: 'phone', viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }
];
const README: Record<string, [Name, Language, Theme][]> = {
  desktop: [
    ['home', 'ko', 'light'],
    ['movie', 'en', 'dark']
  ],
  phone: [
    ['rate', 'ko', 'light'],
    ['home', 'en', 'dark']
  ]
};

async function picture(page: Page, name: Name, language: Language, theme: Theme, path: string, fullPage = false) {
  // The account's language would override the browser's.
  await page.evaluate((language) => localStorage.setItem('matcha.language', language), language);
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await page.mouse.move(0, 0);
  await PAGES[name](page);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path, fullPage });
}

for (const { screen, ...look } of SCREENS) {
  test(`pictures for a ${screen}`, async ({ browser }) => {
    test.setTimeout(600_000);
    const context = await browser.newContext({ baseURL: process.env.MATCHA_URL, ...look });
    const page = await context.newPage();
    await signIn(page, 'demo', PASSWORD);
    for (const [name, language, theme] of README[screen] ?? []) {
      await picture(page, name, language, theme, `${IMAGES}/${name}-${screen}.png`);
    }
    if (LOOKS) {
      for (const name of Object.keys(PAGES) as Name[]) {
        for (const language of ['ko', 'en'] as const) {
          for (const theme of ['light', 'dark'] as const) {
            await picture(page, name, language, theme, `${LOOKS}/${name}-${screen}-${language}-${theme}.png`, true);
          }
        }
      }
    }
    await context.close();
  });
}
