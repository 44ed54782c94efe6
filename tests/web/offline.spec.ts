// The installed site: the service worker's cache, and pages offline.
import { expect, test, type Page } from '@playwright/test';
import { signUp } from './steps';

test.use({ serviceWorkers: 'allow' });

/** Opens the site and waits until the service worker has cached the shell. */
async function openAndKeep(page: Page) {
  await page.goto('/');
  await expect(page.locator('main article').first()).toBeVisible();
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
}

const keptAddresses = (page: Page) =>
  page.evaluate(async () => {
    const caches = await Promise.all((await window.caches.keys()).map((name) => window.caches.open(name)));
    const requests = await Promise.all(caches.map((cache) => cache.keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });

test('offline any page opens with a notice, and reloads by itself when online', async ({ page, context }) => {
  await openAndKeep(page);
  await context.setOffline(true);
  await page.goto(`/search?q=${encodeURIComponent('기생충')}`);
  await expect(page.getByRole('navigation', { name: '주 메뉴' })).toBeVisible();
  await expect(page.getByText('오프라인이에요')).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('서버에 연결하지 못했어요');
  // A page whose code was not loaded before.
  await page.getByRole('link', { name: '평가하기' }).click();
  await expect(page).toHaveURL('/rate');
  await expect(page.getByRole('group', { name: '평가할 영화 고르기' })).toBeVisible();
  await page.goBack();

  await context.setOffline(false);
  await expect(page.getByText('오프라인이에요')).toHaveCount(0);
  await expect(page.locator('main article').first()).toContainText('기생충');
});

test('the shell is cached once, and no answer of the API', async ({ page }) => {
  // A page without the site's scripts, as from another build.
  await page.goto('/robots.txt');
  await page.evaluate(() => Promise.all([caches.open('matcha-of-an-older-build'), caches.open('of-somebody-else')]));
  await openAndKeep(page);
  await expect.poll(() => page.evaluate(() => caches.keys())).not.toContain('matcha-of-an-older-build');
  const names = await page.evaluate(() => caches.keys());
  expect(names.filter((name) => name.startsWith('matcha-'))).toHaveLength(1);
  expect(names).toContain('of-somebody-else');

  const before = await keptAddresses(page);
  expect(before).toContain('/');
  expect(before.some((path) => path.startsWith('/_app/immutable/'))).toBe(true);
  await page.locator('main article a').first().click();
  await expect(page.locator('main h1')).toBeVisible();
  const after = await keptAddresses(page);
  expect(after).toEqual(before);
  expect(after.filter((path) => path.startsWith('/api') || path.startsWith('/graphql'))).toEqual([]);
});

test('the manifest and its icons make the site installable', async ({ page, request }) => {
  await page.goto('/');
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = (await (await request.get(href ?? '')).json()) as {
    icons: { src: string; sizes: string; type: string; purpose: string }[];
  };
  expect(manifest).toMatchObject({ id: '/', start_url: '/', scope: '/', display: 'standalone' });
  for (const [purpose, size] of [
    ['any', 192],
    ['any', 512],
    ['maskable', 512]
  ] as const) {
    const icon = manifest.icons.find(
      (icon) => icon.type === 'image/png' && icon.purpose === purpose && icon.sizes === `${size}x${size}`
    );
    const answer = await request.get(icon?.src ?? '/missing');
    expect(answer.headers()['content-type']).toBe('image/png');
    // A PNG has width and height in its header.
    const bytes = await answer.body();
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([size, size]);
  }
  const touch = await page.locator('link[rel=apple-touch-icon]').getAttribute('href');
  expect((await request.get(touch ?? '/missing')).headers()['content-type']).toBe('image/png');
});

test('theme-color follows the chosen theme', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/');
  const frames = () =>
    page.locator('meta[name=theme-color]').evaluateAll((all) => all.map((meta) => (meta as HTMLMetaElement).content));
  expect(await frames()).toEqual(['#ffffff', '#121512']);
  await page.getByRole('button', { name: '메뉴와 설정' }).click();
  await page.getByRole('radio', { name: '어둡게' }).check({ force: true });
  expect(await frames()).toEqual(['#121512', '#121512']);
  await page.reload();
  expect(await frames()).toEqual(['#121512', '#121512']);
  await page.getByRole('button', { name: '메뉴와 설정' }).click();
  await page.getByRole('radio', { name: '시스템' }).check({ force: true });
  expect(await frames()).toEqual(['#ffffff', '#121512']);
});

test('a reload never shows a member as signed out, also offline', async ({ page, context }) => {
  await signUp(page);
  await openAndKeep(page);
  const menu = page.getByRole('button', { name: '메뉴와 설정' });
  // Whether the header offers to sign in, at any time from the first paint on.
  await page.addInitScript(() => {
    const seen = new MutationObserver(() => {
      if (document.querySelector('header a[href="/sign-in"]')) document.documentElement.dataset.signedOut = 'shown';
    });
    seen.observe(document, { childList: true, subtree: true });
  });
  // The renewal of the session takes a while.
  await page.route('**/api/v1/sessions/refresh', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue().catch(() => {});
  });
  const renewed = page.waitForResponse('**/api/v1/sessions/refresh');
  await page.reload();
  await renewed;
  await expect(menu).toBeVisible();
  await expect(page.locator('html')).not.toHaveAttribute('data-signed-out');
  await context.setOffline(true);
  const failed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/sessions/refresh'));
  await page.reload();
  await failed;
  await expect(menu).toBeVisible();
  await expect(page.locator('html')).not.toHaveAttribute('data-signed-out');
  await context.setOffline(false);
});
