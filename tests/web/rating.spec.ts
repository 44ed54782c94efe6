import { expect, test } from '@playwright/test';
import { clickStars, openMovie, ratedCount, rateRows, rows, signUp } from './steps';

test('a new member rates ten movies by mouse and predictions unlock everywhere', async ({ page }) => {
  await signUp(page);
  await expect(ratedCount(page)).toContainText('0');
  const tenth = rows(page).nth(11);
  await expect(tenth.locator('[data-line=predicted]')).toHaveCount(0);

  await rateRows(page, 10);
  await expect(page.getByRole('heading', { name: '예상 별점이 열렸어요' })).toBeVisible();
  // The rows below change without a reload.
  await tenth.scrollIntoViewIfNeeded();
  await expect(tenth.locator('[data-line=predicted]')).toBeVisible({ timeout: 5_000 });

  await page.getByRole('link', { name: '홈에서 보기' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.locator('main article [data-line=predicted]').first()).toBeVisible();
});

test('rated rows stay where they are and the list grows on scrolling', async ({ page }) => {
  await signUp(page);
  const titles = await rows(page).locator('h2').allTextContents();
  await rateRows(page, 2);
  await expect(rows(page).locator('h2').nth(0)).toHaveText(titles[0] ?? '');
  await rows(page)
    .nth(titles.length - 1)
    .scrollIntoViewIfNeeded();
  await expect.poll(() => rows(page).count()).toBeGreaterThan(titles.length);
});

test('a rating can be undone from the message that reports it', async ({ page }) => {
  await signUp(page);
  await clickStars(rows(page).first(), 8);
  await expect(ratedCount(page)).toContainText('1');
  await page.getByRole('button', { name: '되돌리기' }).click();
  await expect(ratedCount(page)).toContainText('0');
  await expect(rows(page).first().locator('[data-line=rated]')).toHaveCount(0);
});

test('a rating that is refused is taken back with a message', async ({ page, context }) => {
  await signUp(page);
  await context.setOffline(true);
  await clickStars(rows(page).first(), 8);
  await expect(page.getByText('이전으로 되돌렸어요')).toBeVisible();
  await expect(rows(page).first().locator('[data-line=rated]')).toHaveCount(0);
  await context.setOffline(false);
  await clickStars(rows(page).first(), 8);
  await expect(ratedCount(page)).toContainText('1');
});

test('the rate page works by keyboard alone', async ({ page }) => {
  await signUp(page);
  await page.keyboard.press('ArrowDown');
  await expect(rows(page).nth(0).getByRole('link')).toBeFocused();
  await page.keyboard.press('4');
  await expect(rows(page).nth(0).locator('[data-line=rated]')).toContainText('4.0');

  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+Digit3');
  await expect(rows(page).nth(1).locator('[data-line=rated]')).toContainText('2.5');
  await expect(ratedCount(page)).toContainText('2');

  await page.keyboard.press('Delete');
  await expect(rows(page).nth(1).locator('[data-line=rated]')).toHaveCount(0);
  await expect(ratedCount(page)).toContainText('1');

  await page.keyboard.press('ArrowUp');
  await expect(rows(page).nth(0).getByRole('link')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('x');
  await expect(rows(page).nth(1)).toContainText('관심없어요');
});

test('the star control steps by half a star and saves once after a pause', async ({ page }) => {
  await signUp(page);
  await openMovie(page, '기생충');
  let saves = 0;
  page.on('request', (request) => {
    if (request.postData()?.includes('mutation Rate')) saves += 1;
  });
  const group = page.getByRole('group', { name: /별점/ });
  await group.getByRole('radio', { name: '별점 없음' }).focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
  await expect(group.getByRole('radio', { name: /2\.5점/ })).toBeChecked();
  await expect(page.locator('[data-score=rated]')).toContainText('2.5');
  expect(saves).toBe(1);
});

test('a rating in one tab shows in the others, and changes their predictions', async ({ page, context }) => {
  await signUp(page);
  await rateRows(page, 10);
  const home = await context.newPage();
  await home.goto('/');
  const predicted = home.locator('main article [data-line=predicted]');
  await expect(predicted.first()).toBeVisible();
  const before = await predicted.allTextContents();
  const movie = await context.newPage();
  await openMovie(movie, '기생충');

  await openMovie(page, '기생충');
  await clickStars(page.locator('main'), 1);
  await expect(movie.locator('[data-score=rated]')).toContainText('0.5');
  // A tab in the background is slowed down by the browser; a member looks at the one in front.
  await home.bringToFront();
  await expect.poll(() => predicted.allTextContents(), { timeout: 8_000 }).not.toEqual(before);
});
