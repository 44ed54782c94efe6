// A page that came without some of its parts says so, quietly, for as long as it is so.
import { expect, test, type Page } from '@playwright/test';
import { openMovie } from './steps';

/** From now on answers to this query say that a service was away. */
async function degrade(page: Page, query: string) {
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes(`query ${query}(`)) return route.fallback();
    const response = await route.fetch();
    const answer = (await response.json()) as object;
    await route.fulfill({ response, json: { ...answer, extensions: { degraded: ['recommendation'] } } });
  });
}

const notice = (page: Page) => page.getByTestId('parts-missing');

test('what is missing is said until the page is whole again', async ({ page }) => {
  await openMovie(page, '기생충');
  await expect(notice(page)).toBeEmpty();
  const heading = page.locator('main h1');
  const place = await heading.boundingBox();
  await degrade(page, 'Movie');
  await page.reload();
  await expect(notice(page)).toContainText('일부 내용이 빠져 있어요');
  // The page itself is there, and where it was.
  await expect(heading).toHaveText('기생충');
  expect(await heading.boundingBox()).toEqual(place);

  // It is asked for again after a while, without anybody doing anything.
  await page.unroute('**/graphql');
  await expect(notice(page)).toBeEmpty({ timeout: 15_000 });
});

test('another page begins with nothing missing, and the notice can be put away', async ({ page }) => {
  await degrade(page, 'Home');
  await page.goto('/');
  await expect(notice(page)).toContainText('일부 내용이 빠져 있어요');
  await page.locator('main article a').first().click();
  await expect(page).toHaveURL(/\/movies\//);
  await expect(page.locator('main h1')).toBeVisible();
  await expect(notice(page)).toBeEmpty();

  // What is kept of the page is not taken for whole on the way back.
  await page.goBack();
  await expect(notice(page)).toContainText('일부 내용이 빠져 있어요');
  await notice(page).getByRole('button', { name: '닫기' }).click();
  await expect(notice(page)).toBeEmpty();
});
