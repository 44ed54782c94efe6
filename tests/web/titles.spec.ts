// Movie titles: in the language that the account chose, else in that of the page.
import { expect, test, type Page } from '@playwright/test';
import { openMovie, PASSWORD, signIn, signOut, signUp } from './steps';

async function chooseTitles(page: Page, legend: string, choice: string, save: string, saved: string) {
  await page.goto('/settings');
  await page.getByRole('group', { name: legend }).getByRole('radio', { name: choice, exact: true }).check();
  await page.getByRole('button', { name: save, exact: true }).click();
  await expect(page.getByText(saved, { exact: true })).toBeVisible();
}

const heading = (page: Page, title: string) => page.getByRole('heading', { level: 1, name: title, exact: true });

test('titles are in the language of the account on every device until signing out', async ({ page, browser, baseURL }) => {
  const handle = await signUp(page);
  await openMovie(page, '기생충');
  await expect(heading(page, '기생충')).toBeVisible();
  await chooseTitles(page, '영화 제목', '영어', '저장', '저장했어요');
  await openMovie(page, '기생충');
  await expect(heading(page, 'Parasite')).toBeVisible();
  // The page itself is still in Korean.
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
  await expect(page.getByRole('group', { name: 'Parasite 별점' })).toBeVisible();
  await page.goto('/search?q=parasite');
  await expect(page.locator('main article h2').first()).toHaveText('Parasite');
  await expect(page.locator('main article svg text').first()).toContainText('Parasite');

  const other = await browser.newContext({ baseURL: baseURL ?? '', locale: 'ko-KR' });
  const device = await other.newPage();
  await signIn(device, handle, PASSWORD);
  await openMovie(device, '기생충');
  await expect(heading(device, 'Parasite')).toBeVisible();
  await other.close();

  await signOut(page);
  await openMovie(page, '기생충');
  await expect(heading(page, '기생충')).toBeVisible();
});

test('an English page can call movies by their original titles', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL: baseURL ?? '', locale: 'en-US' });
  const page = await context.newPage();
  await signUp(page);
  await openMovie(page, 'Parasite');
  await expect(heading(page, 'Parasite')).toBeVisible();
  await chooseTitles(page, 'Movie titles', 'Original', 'Save', 'Saved');
  await openMovie(page, 'Parasite');
  await expect(heading(page, '기생충')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.reload();
  await expect(heading(page, '기생충')).toBeVisible();
  await context.close();
});
