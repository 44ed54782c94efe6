// Degraded answers: the page shows a notice while a service is unavailable.
import { expect, test, type Page } from '@playwright/test';
import { openMovie } from './steps';

/** Marks all further answers to this query as degraded. */
async function degrade(page: Page, query: string) {
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes(`query ${query}(`)) return route.fallback();
    const response = await route.fetch();
    const answer = (await response.json()) as object;
    await route.fulfill({ response, json: { ...answer, extensions: { degraded: ['recommendation'] } } });
  });
}

const notice = (page: Page) => page.getByTestId('parts-missing');

test('the notice is shown until the answer is complete again', async ({ page }) => {
  await openMovie(page, '기생충');
  await expect(notice(page)).toBeEmpty();
  const heading = page.locator('main h1');
  const place = await heading.boundingBox();
  await degrade(page, 'Movie');
  await page.reload();
  await expect(notice(page)).toContainText('일부 내용이 빠져 있어요');
  // The page is still shown, without a layout shift.
  await expect(heading).toHaveText('기생충');
  expect(await heading.boundingBox()).toEqual(place);

  // The query is repeated after a while without user action.
  await page.unroute('**/graphql');
  await expect(notice(page)).toBeEmpty({ timeout: 15_000 });
});

test('the notice is cleared on another page, and can be closed', async ({ page }) => {
  await degrade(page, 'Home');
  await page.goto('/');
  await expect(notice(page)).toContainText('일부 내용이 빠져 있어요');
  await page.locator('main article a').first().click();
  await expect(page).toHaveURL(/\/movies\//);
  await expect(page.locator('main h1')).toBeVisible();
  await expect(notice(page)).toBeEmpty();

  // Going back, the cached degraded answer is requested again.
  await page.goBack();
  await expect(notice(page)).toContainText('일부 내용이 빠져 있어요');
  await notice(page).getByRole('button', { name: '닫기' }).click();
  await expect(notice(page)).toBeEmpty();
});
