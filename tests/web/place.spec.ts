// The place in a long list: going back from a movie, or reloading, shows the same pages, scrolled as before, with the focus on the
// link that was followed.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { clickStars, haveRated, inBothLanguages, openMovie, rateRows, rows, signUp } from './steps';

const cards = (page: Page) => page.locator('main article');
const scrolled = (page: Page) => page.evaluate(() => Math.round(window.scrollY));

/** Scrolls until the list has at least so many items. */
async function lengthen(page: Page, items: Locator, least: number) {
  await expect(items.first()).toBeVisible();
  await expect(async () => {
    await items.last().scrollIntoViewIfNeeded();
    expect(await items.count()).toBeGreaterThanOrEqual(least);
  }).toPass({ timeout: 30_000 });
}

/** Follows the link by key and goes back: list, scroll position and focus are as before, and no request was needed. */
async function leaveAndGoBack(page: Page, items: Locator, link: Locator) {
  await link.focus();
  await link.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  const [count, top, href] = [await items.count(), await scrolled(page), await link.getAttribute('href')];
  expect(top).toBeGreaterThan(400);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(href!);
  await expect(page.locator('main h1')).toBeVisible();

  const asked: string[] = [];
  page.on('request', (request) => asked.push(/query (\w+)/.exec(request.postData() ?? '')?.[1] ?? ''));
  await page.goBack();
  await expect(link).toBeFocused();
  // The end of the list may have come near, which loads another page.
  expect(await items.count()).toBeGreaterThanOrEqual(count);
  expect(Math.abs((await scrolled(page)) - top)).toBeLessThanOrEqual(2);
  await expect(link).toBeInViewport();
  return { top, asked };
}

test('going back to a search shows all loaded pages at the same place', async ({ page }) => {
  await page.goto('/search?genre=drama&sort=average');
  await lengthen(page, cards(page), 75);
  const { asked } = await leaveAndGoBack(page, cards(page), cards(page).nth(50).getByRole('link'));
  expect(asked.filter((query) => query === 'Search')).toEqual([]);
  await expect(page).toHaveURL('/search?genre=drama&sort=average');
});

test('people, lists and members of a search are there after going back', async ({ page }) => {
  await page.goto(`/search?q=${encodeURIComponent('김')}`);
  await expect(page.locator('main a[href^="/people/"]').first()).toBeVisible();
  await expect(cards(page).first()).toBeVisible();
  const people = await page.locator('main a[href^="/people/"]').count();
  await cards(page).first().getByRole('link').click();
  await expect(page).toHaveURL(/\/movies\//);
  await page.goBack();
  await expect(cards(page).first()).toBeVisible();
  await expect(page.locator('main a[href^="/people/"]')).toHaveCount(people);
});

test('a reload keeps the filters, the length of the list and the scroll position', async ({ page }) => {
  await page.goto('/search?genre=drama&sort=newest');
  await lengthen(page, cards(page), 75);
  const card = cards(page).nth(55);
  await card.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  const [title, top] = [await card.innerText(), await scrolled(page)];
  await page.reload();
  await expect(card).toBeInViewport();
  await expect(card).toHaveText(title, { useInnerText: true });
  await expect.poll(async () => Math.abs((await scrolled(page)) - top)).toBeLessThanOrEqual(2);
});

test('a page that is opened by a link begins at its top with the first page of the list', async ({ page }) => {
  await page.goto('/search');
  await lengthen(page, cards(page), 75);
  await page.getByRole('link', { name: '평가하기', exact: true }).click();
  await expect(rows(page).first()).toBeVisible();
  await page.goto('/search');
  await expect(cards(page).first()).toBeVisible();
  expect(await scrolled(page)).toBe(0);
});

inBothLanguages({ ko: { genre: '장르별', sort: '정렬' }, en: { genre: 'By genre', sort: 'Sort' } }, (say) => {
  test('the rate page keeps its rows, its choice and its place', async ({ page }) => {
    await signUp(page);
    const genre = page.getByLabel(say.genre);
    await genre.selectOption('drama');
    await expect(page).toHaveURL('/rate?genre=drama');
    await expect(rows(page).first()).toBeVisible();
    await rateRows(page, 2);
    await lengthen(page, rows(page), 40);
    const titles = await rows(page).locator('h2').allTextContents();
    await leaveAndGoBack(page, rows(page), rows(page).nth(30).locator('h2 a'));
    expect((await rows(page).locator('h2').allTextContents()).slice(0, titles.length)).toEqual(titles);
    // Rated rows are still there.
    await expect(rows(page).nth(0).locator('[data-line=rated]')).toBeAttached();
    await expect(genre).toHaveValue('drama');

    await page.reload();
    await expect(genre).toHaveValue('drama');
    await expect.poll(() => rows(page).count()).toBeGreaterThanOrEqual(titles.length - 2);
    await expect.poll(() => scrolled(page)).toBeGreaterThan(400);
  });

  test('my ratings keep their sort and their place', async ({ page }) => {
    await signUp(page);
    await haveRated(page, 14);
    await page.setViewportSize({ width: 390, height: 500 });
    await page.goto('/me');
    await page.getByLabel(say.sort).selectOption('STARS_LOW');
    await expect(page).toHaveURL('/me?sort=stars_low');
    await expect(cards(page)).toHaveCount(14);
    await leaveAndGoBack(page, cards(page), cards(page).nth(11).getByRole('link'));
    await expect(page.getByLabel(say.sort)).toHaveValue('STARS_LOW');
    await page.reload();
    await expect(page.getByLabel(say.sort)).toHaveValue('STARS_LOW');
    await expect.poll(() => scrolled(page)).toBeGreaterThan(400);
  });
});

test('the ratings of a member keep their place', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 500 });
  await page.goto('/members/demo');
  await expect(cards(page)).toHaveCount(24);
  const { asked } = await leaveAndGoBack(page, cards(page), cards(page).nth(18).getByRole('link'));
  expect(asked.filter((query) => query.startsWith('Member'))).toEqual([]);
});

test('a movie that was rated since shows its stars after going back', async ({ page }) => {
  await signUp(page);
  await page.goto('/search?genre=drama&sort=average');
  await lengthen(page, cards(page), 30);
  const card = cards(page).nth(20);
  await expect(card.locator('[data-line=rated]')).toHaveCount(0);
  await card.getByRole('link').click();
  await expect(page).toHaveURL(/\/movies\//);
  const rated = page.waitForResponse((answer) => answer.request().postData()?.includes('mutation Rate') ?? false);
  await clickStars(page.locator('main'), 9);
  await rated;
  await page.goBack();
  await expect(card.locator('[data-line=rated]')).toContainText('4.5');
});

// The seed has fewer comments on a movie than a page holds, so only a small window scrolls.
test('all comments on a movie keep their place', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 500 });
  await openMovie(page, '기생충');
  await page.goto(`${new URL(page.url()).pathname}/comments`);
  await lengthen(page, cards(page), 5);
  const heading = await page.locator('main h1').innerText();
  const { asked } = await leaveAndGoBack(page, cards(page), cards(page).nth(4).getByRole('link').first());
  await expect(page.locator('main h1')).toHaveText(heading);
  expect(asked.filter((query) => query === 'Comments')).toEqual([]);
});

test('signing out forgets the lists', async ({ page }) => {
  await signUp(page);
  await haveRated(page, 3);
  await page.goto('/me');
  await expect(cards(page)).toHaveCount(3);
  await page.getByRole('button', { name: '메뉴와 설정' }).click();
  await page.getByRole('button', { name: '로그아웃' }).click();
  await expect(page).toHaveURL('/');
  await page.goBack();
  await expect(page).toHaveURL('/me');
  await expect(page.locator('main').getByRole('link', { name: '로그인' })).toBeVisible();
  await expect(cards(page)).toHaveCount(0);
});
