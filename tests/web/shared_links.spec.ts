// What a link shows to those who share it, to programs without JavaScript, and on a slow network.
import { expect, test } from '@playwright/test';
import { openMovie } from './steps';

test('a link preview gets the poster that the site draws', async ({ page, request }) => {
  await openMovie(page, '기생충');
  const path = new URL(page.url()).pathname;
  const preview = await (await request.get(path, { headers: { accept: '*/*', 'accept-language': 'ko' } })).text();
  expect(preview).toContain('<title>기생충 (2019) · matcha</title>');
  expect(preview).toMatch(/<meta name="description" content="봉준호 감독 · [^"]*스릴러[^"]*132분/);
  const image = /<meta property="og:image" content="([^"]*)">/.exec(preview)?.[1] ?? '';
  const poster = await request.get(new URL(image).pathname + new URL(image).search);
  expect(poster.headers()['content-type']).toBe('image/png');

  expect(poster.status()).toBe(200);

  // Both pictures, each made smaller, differ little: a letter's edge, but not a shape or a colour.
  const svg = page.locator('main .poster svg').first();
  await expect(svg).toBeVisible();
  const pictures = [await poster.body(), await svg.screenshot()].map((picture) => picture.toString('base64'));
  const [size, difference] = await page.evaluate(async (pictures) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [20, 30];
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.imageSmoothingQuality = 'high';
    const pixels: Uint8ClampedArray[] = [];
    const sizes: number[][] = [];
    for (const picture of pictures) {
      const image = new Image();
      image.src = `data:image/png;base64,${picture}`;
      await image.decode();
      sizes.push([image.width, image.height]);
      context.drawImage(image, 0, 0, 20, 30);
      pixels.push(context.getImageData(0, 0, 20, 30).data);
    }
    const [first, second] = pixels;
    if (!first || !second) throw new Error('no pictures');
    const sum = first.reduce((sum, value, i) => sum + Math.abs(value - (second[i] ?? 0)), 0);
    return [sizes[0], sum / first.length] as const;
  }, pictures);
  expect(size).toEqual([600, 900]);
  expect(difference).toBeLessThan(8);
});

test('the address names the language, until another is chosen', async ({ page }) => {
  await openMovie(page, '기생충');
  const path = new URL(page.url()).pathname;
  await page.goto(`${path}?lang=en`);
  await expect(page.locator('main h1')).toHaveText('Parasite');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.goto(path);
  await expect(page.locator('main h1')).toHaveText('기생충');
});

test('the canonical address goes when the site goes on to another page', async ({ page }) => {
  await openMovie(page, '기생충');
  await page.reload();
  await expect(page.locator('main h1')).toHaveText('기생충');
  await expect(page.locator('link[rel=canonical]')).toHaveAttribute('href', new RegExp(`${new URL(page.url()).pathname}$`));
  await page.getByRole('navigation').first().getByRole('link').first().click();
  await expect(page).toHaveURL('/');
  await expect(page.locator('link[rel=canonical]')).toHaveCount(0);
});

test('a page that is not there says so, with the status 404', async ({ page }) => {
  for (const path of ['/no-such-page', '/movies/0190e6a0-0000-7000-8000-000000000001', '/members/nobody_at_all']) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(page.locator('main h1'), path).toBeAttached();
  }
});

test('on slow 3G a shell is there within three seconds', async ({ page }) => {
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  // The figures of Chrome's "Slow 3G".
  await network.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 2_000,
    downloadThroughput: 50_000,
    uploadThroughput: 50_000
  });
  await page.goto('/', { waitUntil: 'commit' });
  await expect(page.locator('#shell')).toBeVisible();
  const painted = () =>
    page.evaluate(() => performance.getEntriesByName('first-contentful-paint').map(({ startTime }) => startTime)[0] ?? 0);
  await expect.poll(painted, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(await painted()).toBeLessThan(3_000);
  // The shell goes when the site has arrived.
  await expect(page.locator('main article').first()).toBeVisible({ timeout: 60_000 });
  await expect(page.locator('#shell')).toHaveCount(0);
});
