import { expect, test } from '@playwright/test';
import { fillSignUp, newHandle, openMovie, signUp } from './steps';

const FILM = '기생충';
const section = '내 코멘트';

test('a comment is written, checked, read behind its veil, liked and answered by somebody else', async ({ page, browser }) => {
  await signUp(page);
  await openMovie(page, FILM);
  const movie = new URL(page.url()).pathname;
  const words = `범인은 <b>${newHandle()}</b>\n두 번째 줄 😀`;
  const mine = page.getByRole('region', { name: section });
  await mine.getByRole('textbox').fill(words);
  await expect(mine.getByTestId('comment-count')).toContainText(`${[...words].length} / 10,000`);
  await mine.getByRole('button', { name: '남기기' }).click();
  // At once its author's, and after the last filter everybody's, with a veil that nobody asked for.
  await expect(mine.getByText('두 번째 줄')).toBeVisible();
  await expect(mine.locator('[data-state=VEILED]')).toBeVisible({
    timeout: 10_000
  });

  const other = await (await browser.newContext({ locale: 'ko-KR' })).newPage();
  await other.goto(`${movie}/comments?sort=newest`);
  const card = other.locator('article').first();
  await expect(card.getByText('두 번째 줄')).toHaveCount(0);
  await card.getByRole('button', { name: /내용 보기/ }).focus();
  await other.keyboard.press('Enter');
  // Text stays text.
  await expect(card.getByText(words.split('\n')[0] ?? '')).toBeVisible();
  await expect(card.locator('b')).toHaveCount(0);

  // Signed out, the like opens sign-in and is done afterwards.
  await card.getByRole('button', { name: /좋아요/ }).click();
  const dialog = other.getByRole('dialog');
  await dialog.getByRole('button', { name: /회원 가입/ }).click();
  const liked = other.waitForResponse((response) => response.request().postData()?.includes('mutation LikeComment') ?? false);
  await fillSignUp(dialog, newHandle());
  await liked;
  await expect(other).toHaveURL('/rate');
  await other.goto(`${movie}/comments?sort=newest`);
  await expect(card.getByRole('button', { name: /좋아요/ })).toHaveAttribute('aria-pressed', 'true');
  await card.getByRole('button', { name: '답글 달기' }).click();
  await card.getByRole('textbox').fill('저도 그렇게 봤어요');
  await card.getByRole('button', { name: '보내기' }).click();
  await expect(card.getByText('저도 그렇게 봤어요')).toBeVisible();
  await expect(card.getByRole('button', { name: '답글 1개' })).toBeVisible();
  await other.context().close();
});

test('a text that turns its line around turns nothing beside it', async ({ page }) => {
  await signUp(page);
  await openMovie(page, FILM);
  const mine = page.getByRole('region', { name: section });
  await mine.getByRole('textbox').fill(`${newHandle()} \u202Eabc`);
  await mine.getByRole('button', { name: '남기기' }).click();
  await expect(mine.getByText(/abc/)).toHaveCSS('unicode-bidi', /isolate|plaintext/);
});

test('a comment that is held back stays with its author, who reads why and writes it anew', async ({ page }) => {
  await signUp(page);
  await openMovie(page, FILM);
  const mine = page.getByRole('region', { name: section });
  await mine.getByRole('textbox').fill('감독 병신');
  await mine.getByRole('button', { name: '남기기' }).click();
  await expect(mine.locator('[data-state=LANGUAGE]')).toContainText('고쳐 쓰면', { timeout: 10_000 });
  await mine.getByRole('button', { name: '고치기' }).click();
  await mine.getByRole('textbox').fill('감독이 너무했다');
  await mine.getByRole('switch').check();
  await mine.getByRole('button', { name: '남기기' }).click();
  await expect(mine.locator('[data-state=PUBLIC]')).toBeVisible({
    timeout: 10_000
  });

  await mine.getByRole('button', { name: '지우기' }).click();
  await mine.getByRole('button', { name: '정말 지우기' }).click();
  await expect(page.getByText('코멘트를 지웠어요')).toBeVisible();
  await expect(mine.getByRole('textbox')).toHaveValue('');
});

test('a text that is too long cannot be sent', async ({ page }) => {
  await signUp(page);
  await openMovie(page, FILM);
  const mine = page.getByRole('region', { name: section });
  await mine.getByRole('textbox').fill('가'.repeat(10_003));
  await expect(mine.getByText('3자를 줄여 주세요')).toBeVisible();
  await expect(mine.getByRole('button', { name: '남기기' })).toBeDisabled();
  await mine.getByRole('textbox').fill('   ');
  await expect(mine.getByRole('button', { name: '남기기' })).toBeDisabled();
});

test('the menu of a row to rate leads to the editor of its comment', async ({ page }) => {
  await signUp(page);
  const row = page.locator('main ol > li').nth(1);
  const title = (await row.locator('h2').textContent()) ?? '';
  await row.getByRole('button', { name: /더 보기/ }).click();
  await row.getByRole('link', { name: '코멘트 쓰기' }).click();
  await expect(page.getByRole('heading', { level: 1, name: title, exact: true })).toBeVisible();
  const editor = page.getByRole('region', { name: section }).getByRole('textbox');
  await expect(editor).toBeFocused();
  await expect(editor).toBeInViewport();
});
