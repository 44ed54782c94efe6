import { expect, test } from '@playwright/test';
import { fillSignUp, inBothLanguages, newHandle, openMovie, signUp } from './steps';

const WORDS = {
  ko: {
    movie: '기생충',
    section: '내 코멘트',
    words: (name: string) => `범인은 <b>${name}</b>\n두 번째 줄 😀`,
    secondLine: '두 번째 줄',
    post: '남기기',
    reveal: /내용 보기/,
    like: /좋아요/,
    toSignUp: /회원 가입/,
    reply: '답글 달기',
    answer: '저도 그렇게 봤어요',
    send: '남기기',
    replies: '답글 1개',
    insult: '감독 병신',
    held: '고쳐 쓰면',
    edit: '고치기',
    better: '감독이 너무했다',
    remove: '지우기',
    sure: '정말 지울까요?',
    removed: '코멘트를 지웠어요',
    counter: '10,003 / 10,000자',
    over: '3자를 줄여 주세요',
    more: /더 보기/,
    write: '코멘트 쓰기',
    marked: '스포일러로 표시함'
  },
  en: {
    movie: 'Parasite',
    section: 'Your comment',
    words: (name: string) => `The killer is <b>${name}</b>\nA second line 😀`,
    secondLine: 'A second line',
    post: 'Post',
    reveal: /^Show it anyway/,
    like: /^Like the comment by/,
    toSignUp: /Sign up/,
    reply: 'Reply',
    answer: 'I saw it that way too',
    send: 'Post',
    replies: '1 reply',
    insult: 'What an asshole of a director',
    held: 'Edit it and it is checked again',
    edit: 'Edit',
    better: 'The director went too far',
    remove: 'Delete',
    sure: 'Confirm delete',
    removed: 'Your comment is deleted',
    counter: '10,003 / 10,000 characters',
    over: '3 characters too many',
    more: /^More for/,
    write: 'Write a comment',
    marked: 'Marked as a spoiler'
  }
};

inBothLanguages(WORDS, (say, locale) => {
  test('a comment is written and moderated, and another member unveils, likes and answers it', async ({ page, browser }) => {
    await signUp(page);
    await openMovie(page, say.movie);
    const movie = new URL(page.url()).pathname;
    const words = say.words(newHandle());
    const mine = page.getByRole('region', { name: say.section });
    await mine.getByRole('textbox').fill(words);
    await expect(mine.getByTestId('comment-count')).toContainText(`${[...words].length} / 10,000`);
    await mine.getByRole('button', { name: say.post }).click();
    // The author sees it at once, everybody after moderation, with a veil that the spoiler filter added.
    await expect(mine.getByText(say.secondLine)).toBeVisible();
    await expect(mine.locator('[data-state=VEILED]')).toBeVisible({
      timeout: 10_000
    });

    const other = await (await browser.newContext({ locale })).newPage();
    await other.goto(`${movie}/comments?sort=newest`);
    const card = other.locator('article').first();
    await expect(card.getByText(say.secondLine)).toHaveCount(0);
    await card.getByRole('button', { name: say.reveal }).focus();
    await other.keyboard.press('Enter');
    // Markup in the text is not rendered.
    await expect(card.getByText(words.split('\n')[0] ?? '')).toBeVisible();
    await expect(card.locator('b')).toHaveCount(0);

    // Signed out, a like opens the sign-in dialog and is carried out afterwards.
    await card.getByRole('button', { name: say.like }).click();
    const dialog = other.getByRole('dialog');
    await dialog.getByRole('button', { name: say.toSignUp }).click();
    const liked = other.waitForResponse((response) => response.request().postData()?.includes('mutation LikeComment') ?? false);
    await fillSignUp(dialog, newHandle());
    await liked;
    await expect(other).toHaveURL('/rate');
    await other.goto(`${movie}/comments?sort=newest`);
    await expect(card.getByRole('button', { name: say.like })).toHaveAttribute('aria-pressed', 'true');
    await card.getByRole('button', { name: say.reply, exact: true }).click();
    await card.getByRole('textbox').fill(say.answer);
    await card.getByRole('button', { name: say.send }).click();
    await expect(card.getByText(say.answer)).toBeVisible();
    await expect(card.getByRole('button', { name: say.replies })).toBeVisible();
    await other.context().close();
  });

  test('an own spoiler is marked, and the comment is changed and deleted in the list of all comments', async ({ page }) => {
    await signUp(page);
    await openMovie(page, say.movie);
    const movie = new URL(page.url()).pathname;
    const mine = page.getByRole('region', { name: say.section });
    await mine.getByRole('textbox').fill(`${newHandle()} ${say.secondLine}`);
    await mine.getByRole('switch').check();
    await mine.getByRole('button', { name: say.post }).click();
    await expect(mine.getByText(say.marked)).toBeVisible();

    await expect(async () => {
      await page.goto(`${movie}/comments?sort=newest`);
      await expect(page.locator('article').first().getByText(say.secondLine)).toBeVisible({ timeout: 2_000 });
    }).toPass();
    const card = page.locator('article').first();
    await expect(card.getByText(say.marked)).toBeVisible();
    const count = await page.locator('article').count();
    await card.getByRole('button', { name: say.edit }).click();
    const editor = card.getByRole('textbox');
    await expect(editor).toBeFocused();
    await editor.fill(say.better);
    await card.getByRole('switch').uncheck();
    await card.getByRole('button', { name: say.post }).click();
    await expect(card.getByText(say.better)).toBeVisible();
    await expect(card.getByText(say.marked)).toHaveCount(0);
    await expect(page).toHaveURL(`${movie}/comments?sort=newest`);

    await card.getByRole('button', { name: say.remove }).click();
    await card.getByRole('button', { name: say.sure }).click();
    await expect(page.getByText(say.better)).toHaveCount(0);
    await expect(page.locator('article')).toHaveCount(count - 1);
    await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  });

  test('right-to-left text in a comment does not affect the text around it', async ({ page }) => {
    await signUp(page);
    await openMovie(page, say.movie);
    const mine = page.getByRole('region', { name: say.section });
    await mine.getByRole('textbox').fill(`${newHandle()} \u202Eabc`);
    await mine.getByRole('button', { name: say.post }).click();
    await expect(mine.getByText(/abc/)).toHaveCSS('unicode-bidi', /isolate|plaintext/);
  });

  test('a hidden comment is shown to its author alone, with the reason, and can be edited', async ({ page }) => {
    await signUp(page);
    await openMovie(page, say.movie);
    const mine = page.getByRole('region', { name: say.section });
    await mine.getByRole('textbox').fill(say.insult);
    await mine.getByRole('button', { name: say.post }).click();
    await expect(mine.locator('[data-state=LANGUAGE]')).toContainText(say.held, { timeout: 10_000 });
    await mine.getByRole('button', { name: say.edit }).click();
    await mine.getByRole('textbox').fill(say.better);
    await mine.getByRole('switch').check();
    await mine.getByRole('button', { name: say.post }).click();
    await expect(mine.locator('[data-state=PUBLIC]')).toBeVisible({
      timeout: 10_000
    });

    await mine.getByRole('button', { name: say.remove }).click();
    await mine.getByRole('button', { name: say.sure }).click();
    await expect(page.getByText(say.removed)).toBeVisible();
    await expect(mine.getByRole('textbox')).toHaveValue('');
  });

  test('a text over the limit cannot be sent', async ({ page }) => {
    await signUp(page);
    await openMovie(page, say.movie);
    const mine = page.getByRole('region', { name: say.section });
    await mine.getByRole('textbox').fill('가'.repeat(10_003));
    await expect(mine.getByTestId('comment-count')).toHaveText(say.counter);
    await expect(mine.getByText(say.over)).toBeVisible();
    await expect(mine.getByRole('button', { name: say.post })).toBeDisabled();
    await mine.getByRole('textbox').fill('   ');
    await expect(mine.getByRole('button', { name: say.post })).toBeDisabled();
  });

  test('the menu of a row on the rate page links to the comment editor', async ({ page }) => {
    await signUp(page);
    const row = page.locator('main ol > li').nth(1);
    const title = (await row.locator('h2').textContent()) ?? '';
    await row.getByRole('button', { name: say.more }).click();
    await row.getByRole('link', { name: say.write }).click();
    await expect(page.getByRole('heading', { level: 1, name: title, exact: true })).toBeVisible();
    const editor = page.getByRole('region', { name: say.section }).getByRole('textbox');
    await expect(editor).toBeFocused();
    await expect(editor).toBeInViewport();
  });
});
