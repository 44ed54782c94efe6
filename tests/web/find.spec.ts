import { expect, test } from '@playwright/test';
import { openMovie, rateRows, signUp } from './steps';

test('initial consonants find 기생충 first, in the suggestions and in the results', async ({ page }) => {
  await page.goto('/');
  const box = page.getByRole('combobox', { name: '영화, 감독, 배우 찾기' });
  await expect(box).toBeVisible();
  await page.keyboard.press('/');
  await expect(box).toBeFocused();
  await box.fill('ㄱㅅㅊ');
  await expect(page.getByRole('option').first()).toContainText('기생충');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=/);
  await expect(page.locator('main article').first()).toContainText('기생충');
});

test('arrows and Enter open a suggestion', async ({ page }) => {
  await page.goto('/');
  const box = page.getByRole('combobox', { name: '영화, 감독, 배우 찾기' });
  await box.fill('기생충');
  await expect(page.getByRole('option').first()).toContainText('기생충');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: '기생충' })).toBeVisible();
});

test('filters live in the address and survive a reload', async ({ page }) => {
  await page.goto('/search');
  await expect(page.locator('main article').first()).toBeVisible();
  await page.getByLabel('장르').selectOption('animation');
  await page.getByLabel('정렬').selectOption('NEWEST');
  await expect(page).toHaveURL(/genre=animation/);
  await expect(page).toHaveURL(/sort=newest/);
  await page.reload();
  await expect(page.getByLabel('장르')).toHaveValue('animation');
  await expect(page.locator('main article').first()).toBeVisible();
});

test('the list of movies goes on when it is scrolled', async ({ page }) => {
  await page.goto('/search');
  const cards = page.locator('main article');
  await expect(cards.first()).toBeVisible();
  const before = await cards.count();
  await cards.nth(before - 1).scrollIntoViewIfNeeded();
  await expect.poll(() => cards.count()).toBeGreaterThan(before);
});

test('a movie page shows its histogram, its prediction and the reason for it', async ({ page }) => {
  await signUp(page);
  await rateRows(page, 12, (row) => 7 + (row % 4));
  // Some movie that is not among those just rated.
  await page.goto('/search?sort=average');
  await page
    .locator('main article', { has: page.locator('[data-line=predicted]') })
    .first()
    .locator('a')
    .click();
  await expect(page.locator('[data-score=predicted] strong')).toBeVisible();
  await expect(page.locator('[data-score=predicted]')).toContainText('확신');
  await expect(page.getByRole('heading', { name: '이 예상의 이유' })).toBeVisible();
  await expect(page.getByRole('link', { name: /높게 평가해서/ }).first()).toBeVisible();

  const bars = page.locator('figure ol li');
  await expect(bars).toHaveCount(10);
  await expect(bars.first()).toContainText('0.5점');
  await expect(page.getByRole('heading', { name: '비슷한 영화' })).toBeVisible();
});

test('a member finds what is not rated yet, by predicted stars, and the address keeps it', async ({ page }) => {
  await page.goto('/search');
  await expect(page.locator('main article').first()).toBeVisible();
  await expect(page.getByLabel('내 평가')).toHaveCount(0);

  await signUp(page);
  await rateRows(page, 10, (row) => 6 + (row % 5));
  await page.goto('/search');
  await page.getByLabel('정렬').selectOption('PREDICTED');
  await expect(page).toHaveURL(/sort=predicted/);
  const lines = page.locator('main article [data-line]');
  await expect(lines.first()).toHaveAttribute('data-line', 'predicted');
  const shown = (await lines.allTextContents()).map((line) => Number(/★ (\d\.\d)/.exec(line)?.[1]));
  expect(shown.length).toBeGreaterThan(10);
  expect(shown).toEqual([...shown].sort((a, b) => b - a));

  await page.getByLabel('내 평가').selectOption('true');
  await expect(page).toHaveURL(/rated=true/);
  await expect(page).not.toHaveURL(/sort=/);
  await expect(page.locator('main article')).toHaveCount(10);
  await expect(page.getByLabel('정렬').locator('option[value=PREDICTED]')).toHaveCount(0);
  await page.reload();
  await expect(page.getByLabel('내 평가')).toHaveValue('true');
  await expect(page.locator('main article [data-line=rated]')).toHaveCount(10);
});

test('an address that is nobody’s says so', async ({ page }) => {
  await page.goto('/nowhere');
  await expect(page.getByText('찾는 페이지가 없어요').last()).toBeVisible();
  await page.goto('/movies/00000000-0000-4000-8000-000000000000');
  await expect(page.getByText('찾는 페이지가 없어요').last()).toBeVisible();
});

test('the status page publishes the error of the predictions beside that of the average', async ({ page }) => {
  await page.goto('/status');
  await expect(page.getByText('예상 별점의 오차')).toBeVisible();
  await expect(page.getByText('평균으로 찍었을 때의 오차')).toBeVisible();
});

test('every movie has a poster with its title', async ({ page }) => {
  await openMovie(page, '올드보이');
  await expect(page.locator('.backdrop svg text').first()).toContainText('올드보이');
});

test('the heading of a row leads to the whole of it', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('heading', { name: '평점이 가장 높은 영화' }).getByRole('link').click();
  await expect(page).toHaveURL('/search?sort=average');
  await expect(page.getByLabel('정렬')).toHaveValue('AVERAGE');
  await expect(page.locator('main article').first()).toBeVisible();
});
