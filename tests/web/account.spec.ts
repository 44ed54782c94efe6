import { expect, test } from '@playwright/test';
import { clickStars, fillSignUp, newHandle, openMovie, PASSWORD, rateRows, rows, signIn, signOut, signUp } from './steps';

test('signing out and in again, on the page of its own', async ({ page }) => {
  const handle = await signUp(page);
  await signOut(page);
  await signIn(page, handle, PASSWORD);
  await expect(page.getByRole('button', { name: '메뉴와 설정' })).toBeVisible();
  await expect(page.getByRole('link', { name: '로그인' })).toHaveCount(0);
});

test('a reload keeps the member signed in', async ({ page }) => {
  await signUp(page);
  await page.reload();
  await expect(page.locator('main ol > li').first()).toBeVisible();
  await expect(page.getByRole('link', { name: '로그인' })).toHaveCount(0);
});

test('a wrong password is said without saying which part was wrong', async ({ page }) => {
  await page.goto('/sign-in');
  await page.locator('main [name=login]').fill(newHandle());
  await page.locator('main [name=password]').fill('not the password at all');
  await page.locator('main button[type=submit]').click();
  await expect(page.getByRole('alert')).toContainText('아이디나 비밀번호가 맞지 않아요');
});

test('a handle that is taken is reported at its field', async ({ page }) => {
  const handle = await signUp(page);
  await signOut(page);
  await page.goto('/sign-up');
  await fillSignUp(page.locator('main'), handle);
  await expect(page.locator('[name=handle]')).toHaveAttribute('aria-invalid', 'true');
});

test('what was tapped while signed out is done after signing in', async ({ page }) => {
  const handle = await signUp(page);
  await signOut(page);
  await openMovie(page, '기생충');
  await clickStars(page.locator('main'), 9);
  const dialog = page.getByRole('dialog', { name: '로그인' });
  await expect(dialog).toBeVisible();
  await dialog.locator('[name=login]').fill(handle);
  await dialog.locator('[name=password]').fill(PASSWORD);
  await dialog.locator('button[type=submit]').click();
  await expect(dialog).toBeHidden();
  await expect(page.locator('[data-score=rated]')).toContainText('4.5');
  await page.reload();
  await expect(page.locator('[data-score=rated]')).toContainText('4.5');
});

test('signing out in one tab signs out the others', async ({ page, context }) => {
  await signUp(page);
  const other = await context.newPage();
  await other.goto('/me');
  await expect(other.getByRole('tab').first()).toBeVisible();
  await signOut(page);
  await expect(other.getByRole('link', { name: '로그인' }).first()).toBeVisible();
});

test('a shelf is kept and found again', async ({ page }) => {
  await signUp(page);
  await openMovie(page, '올드보이');
  await page.getByRole('button', { name: '보고싶어요' }).click();
  await expect(page.getByRole('button', { name: '보고싶어요' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByText('‘보고싶어요’에 담았어요')).toBeVisible();
  await page.goto('/me?tab=wish');
  await expect(page.locator('main article')).toContainText('올드보이');
});

test('my page says who I am and follows what is changed elsewhere', async ({ page, context }) => {
  const handle = await signUp(page);
  await rateRows(page, 2);
  const me = await context.newPage();
  await me.goto('/me');
  const cards = me.locator('main article');
  await expect(cards).toHaveCount(2);
  const rated = me.locator('dl div', { hasText: '평가' }).getByRole('link').first();
  await expect(rated).toHaveText('2');
  await expect(me.getByRole('main').getByRole('link', { name: '내 프로필' })).toHaveAttribute('href', `/members/${handle}`);
  await expect(me.getByRole('main').getByRole('link', { name: '설정' })).toHaveAttribute('href', '/settings');

  // Rated and taken back in another tab.
  await clickStars(rows(page).nth(2), 9);
  await expect(cards).toHaveCount(3);
  await expect(rated).toHaveText('3');
  await page.getByRole('button', { name: '되돌리기' }).click();
  await expect(cards).toHaveCount(2);
  await expect(rated).toHaveText('2');

  await me.getByRole('tab', { name: '보고싶어요' }).click();
  await expect(me.getByText('‘보고싶어요’에 담은 영화가 없어요.')).toBeVisible();
  await rows(page)
    .nth(3)
    .getByRole('button', { name: /더 보기/ })
    .click();
  await rows(page).nth(3).getByRole('button', { name: '보고싶어요' }).click();
  await expect(cards).toHaveCount(1);
});
