// What is half-written is never lost: comments, replies and lists are kept until they are sent, thrown away, or the member signs out.
import { expect, test, type Page } from '@playwright/test';
import { clickStars, inBothLanguages, newHandle, openMovie, signIn, signOut, signUp, PASSWORD } from './steps';

const WORDS = {
  ko: {
    movie: '기생충',
    restored: '쓰다 만 글을 불러왔어요.',
    discard: '버리기',
    edit: '고치기',
    cancel: '취소',
    reply: /^답글/,
    newList: '새 컬렉션',
    out: { menu: '메뉴와 설정', signOut: '로그아웃', signIn: '로그인' }
  },
  en: {
    movie: 'Parasite',
    restored: 'Your unsaved draft is back.',
    discard: 'Discard it',
    edit: 'Edit',
    cancel: 'Cancel',
    reply: /repl(y|ies)$/i,
    newList: 'New list',
    out: { menu: 'Menu and settings', signOut: 'Sign out', signIn: 'Sign in' }
  }
};

const comment = (page: Page) => page.locator('textarea[name=comment]');
const kept = (page: Page) =>
  page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('matcha.draft')).length);

inBothLanguages(WORDS, (say) => {
  test('a half-written comment outlives a reload and a navigation, and is gone when it is posted', async ({ page }) => {
    await signUp(page);
    await openMovie(page, say.movie);
    await expect(page.getByText(say.restored)).toHaveCount(0);
    await comment(page).fill('반쯤 쓴 글');
    await page.getByRole('switch', { name: /스포일러|spoilers/i }).check();
    await page.reload();
    await expect(comment(page)).toHaveValue('반쯤 쓴 글');
    await expect(page.getByRole('switch', { name: /스포일러|spoilers/i })).toBeChecked();
    await expect(page.getByText(say.restored)).toBeVisible();

    const movie = page.url();
    await page.goto('/search');
    await page.goto(movie);
    await expect(comment(page)).toHaveValue('반쯤 쓴 글');
    // Another movie has a draft of its own.
    await openMovie(page, 'Oldboy');
    await expect(comment(page)).toHaveValue('');

    await page.goto(movie);
    await comment(page).fill('다 쓴 글');
    await page.locator('#my-comment form button[type=submit]').click();
    await expect(page.locator('#my-comment .words')).toHaveText('다 쓴 글');
    expect(await kept(page)).toBe(0);
    await page.reload();
    await expect(page.locator('#my-comment .words')).toHaveText('다 쓴 글');
    await expect(page.getByText(say.restored)).toHaveCount(0);
  });

  test('a half-written change of a comment is gone on with, or thrown away', async ({ page }) => {
    await signUp(page);
    await openMovie(page, say.movie);
    await comment(page).fill('처음 글');
    await page.locator('#my-comment form button[type=submit]').click();
    await page.locator('#my-comment').getByRole('button', { name: say.edit }).click();
    await comment(page).fill('처음 글을 고치다');
    await page.reload();
    await expect(comment(page)).toHaveValue('처음 글을 고치다');
    await page.getByRole('button', { name: say.discard }).click();
    await expect(comment(page)).toHaveValue('처음 글');
    await expect(comment(page)).toBeFocused();
    await expect(page.getByText(say.restored)).toHaveCount(0);
    await comment(page).fill('또 고치다');
    await page.locator('#my-comment').getByRole('button', { name: say.cancel }).click();
    await page.reload();
    await expect(page.locator('#my-comment .words')).toHaveText('처음 글');
    expect(await kept(page)).toBe(0);
  });

  test('a half-written reply is shown again', async ({ page }) => {
    await signUp(page);
    const reply = `답글 반쪽 ${newHandle()}`;
    await openMovie(page, say.movie);
    const card = page.locator('main article', { has: page.getByRole('button', { name: say.reply }) }).first();
    await card.getByRole('button', { name: say.reply }).click();
    await card.locator('textarea[name=reply]').fill(reply);
    await page.reload();
    await expect(page.locator('textarea[name=reply]')).toHaveValue(reply);
    await expect(page.getByText(say.restored)).toBeVisible();
    await page.locator('main article:has(textarea[name=reply]) form button').last().click();
    await expect(page.locator('main article .words').filter({ hasText: reply })).toBeVisible();
    await expect(page.locator('textarea[name=reply]')).toHaveValue('');
    expect(await kept(page)).toBe(0);
  });

  test('a half-written list, new or changed, is gone on with', async ({ page }) => {
    await signUp(page);
    await page.goto('/me?tab=lists');
    await page.getByRole('button', { name: say.newList }).click();
    await page.locator('main [name=title]').fill('비 오는 날');
    await page.locator('main [name=text]').fill('창가에서 볼');
    await page.reload();
    await expect(page.locator('main [name=title]')).toHaveValue('비 오는 날');
    await expect(page.locator('main [name=text]')).toHaveValue('창가에서 볼');
    await expect(page.getByText(say.restored)).toBeVisible();
    await page.locator('main form button[type=submit]').click();
    await expect(page).toHaveURL(/\/lists\//);
    expect(await kept(page)).toBe(0);

    await page.getByRole('button', { name: say.edit, exact: true }).click();
    await page.locator('main [name=text]').fill('창가에서 볼 영화');
    await page.reload();
    await expect(page.locator('main [name=text]')).toHaveValue('창가에서 볼 영화');
    await page.locator('main form button[type=submit]').click();
    await expect(page.locator('main .about')).toHaveText('창가에서 볼 영화');
    expect(await kept(page)).toBe(0);
  });

  test('signing out removes the drafts of the member', async ({ page }) => {
    const handle = await signUp(page);
    await openMovie(page, say.movie);
    const movie = page.url();
    await comment(page).fill('남에게 보이면 안 되는 글');
    await expect.poll(() => kept(page)).toBe(1);
    await signOut(page, say.out);
    expect(await kept(page)).toBe(0);
    await page.goto(movie);
    await expect(comment(page)).toHaveValue('');
    await signIn(page, handle, PASSWORD);
    await page.goto(movie);
    await expect(comment(page)).toHaveValue('');
  });
});

test('what a visitor wrote is there after signing up on another page', async ({ page }) => {
  await openMovie(page, '기생충');
  const movie = page.url();
  await comment(page).fill('로그인하기 전에 쓴 글');
  await signUp(page);
  await page.goto(movie);
  await expect(comment(page)).toHaveValue('로그인하기 전에 쓴 글');
  await clickStars(page.locator('.backdrop'), 8);
  await expect(comment(page)).toHaveValue('로그인하기 전에 쓴 글');
});
