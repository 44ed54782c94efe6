// The diary: logging, editing, deleting and importing watches; months; and its audience.
import { expect, test, type Page } from '@playwright/test';
import { openMovie, pressInMenu, signUp } from './steps';

const MOVIE = '기생충';

interface Words {
  log: string;
  save: string;
  mine: string;
  day: string;
  undo: string;
  edit: RegExp;
  remove: RegExp;
  rewatch: string;
  once: string;
}
const WORDS: Record<'ko' | 'en', Words> = {
  ko: {
    log: '관람 기록',
    save: '저장',
    mine: '내 관람 기록',
    day: '2026년 3월 4일 (수)',
    undo: '되돌리기',
    edit: /기록 고치기$/,
    remove: /기록 지우기$/,
    rewatch: '다시 봄',
    once: '1번 봤어요'
  },
  en: {
    log: 'Log a watch',
    save: 'Save',
    mine: 'When you watched it',
    day: 'Wed, March 4, 2026',
    undo: 'Undo',
    edit: /^Edit the watch of/,
    remove: /^Delete the watch of/,
    rewatch: 'Rewatch',
    once: 'Once'
  }
};

async function openDialog(page: Page, words: Words) {
  await pressInMenu(page, words.log);
  return page.getByRole('dialog');
}

async function log(page: Page, words: Words, day: string, tags = '') {
  const dialog = await openDialog(page, words);
  await dialog.locator('input[type=date]').fill(day);
  if (tags) await dialog.locator('input:not([type])').fill(tags);
  await dialog.getByRole('button', { name: words.save }).click();
  await expect(dialog).toHaveCount(0);
}

for (const language of ['ko', 'en'] as const) {
  test(`a watch is logged, changed, deleted and restored (${language})`, async ({ page }) => {
    const words = WORDS[language];
    await signUp(page);
    await page.evaluate((language) => localStorage.setItem('matcha.language', language), language);
    await openMovie(page, MOVIE);
    const mine = page.getByRole('region', { name: words.mine });
    await expect(mine).toHaveCount(0);

    // The default is today in the browser's time zone.
    const dialog = await openDialog(page, words);
    const today = await page.evaluate(() => {
      const now = new Date();
      const two = (number: number) => String(number).padStart(2, '0');
      return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
    });
    await expect(dialog.locator('input[type=date]')).toHaveValue(today);
    await expect(dialog.getByRole('checkbox')).not.toBeChecked();
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);

    await log(page, words, '2026-03-04', '극장, IMAX, imax');
    await expect(mine.getByText(words.day)).toBeVisible();
    await expect(mine.getByText('#IMAX')).toHaveCount(1);
    await expect(mine.getByText(words.once)).toBeVisible();

    await mine.getByRole('button', { name: words.edit }).click();
    await page.getByRole('dialog').getByRole('checkbox').check();
    await page.getByRole('dialog').getByRole('button', { name: words.save }).click();
    await expect(mine.getByText(words.rewatch)).toBeVisible();

    await mine.getByRole('button', { name: words.remove }).click();
    await expect(mine).toHaveCount(0);
    await page.getByRole('button', { name: words.undo, exact: true }).click();
    await expect(mine.getByText(words.day)).toBeVisible();
    await page.reload();
    await expect(mine.getByText(words.day)).toBeVisible();
    await expect(mine.getByText(words.rewatch)).toBeVisible();
  });
}

test('a second watch on the same day is refused in the form, on another day it is logged', async ({ page }) => {
  const words = WORDS.ko;
  await signUp(page);
  await openMovie(page, MOVIE);
  await log(page, words, '2026-03-04');
  const dialog = await openDialog(page, words);
  // The rewatch box is checked, because there is a watch already.
  await expect(dialog.getByRole('checkbox')).toBeChecked();
  await dialog.locator('input[type=date]').fill('2026-03-04');
  await dialog.getByRole('button', { name: words.save }).click();
  await expect(dialog.getByRole('alert')).toContainText('이미 있어요');
  await dialog.locator('input[type=date]').fill('2026-03-05');
  await dialog.getByRole('button', { name: words.save }).click();
  await expect(page.getByRole('region', { name: words.mine }).getByText('2번 봤어요')).toBeVisible();
});

test('a diary is shown by months, to others with the audience of the ratings', async ({ page, browser, baseURL }) => {
  const words = WORDS.ko;
  const handle = await signUp(page);
  await page.goto('/me?tab=watches');
  await expect(page.getByText('아직 관람 기록이 없어요.')).toBeVisible();
  await openMovie(page, MOVIE);
  await log(page, words, '2026-03-04');
  await log(page, words, '2025-12-31');
  await page.goto('/me?tab=watches');
  const panel = page.getByRole('tabpanel');
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText(['2026년 3월', '2025년 12월']);
  await expect(panel.getByText('3월 4일 (수)')).toBeVisible();
  await panel.getByRole('button', { name: '12월 31일 (수) 기록 지우기' }).click();
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText(['2026년 3월']);
  await expect(panel.getByText('기록 1개')).toBeVisible();

  const context = await browser.newContext({ baseURL: baseURL ?? '', locale: 'ko-KR' });
  const other = await context.newPage();
  await other.goto(`/members/${handle}?tab=watches`);
  await expect(other.getByText('3월 4일 (수)')).toBeVisible();
  await expect(other.getByRole('button', { name: /기록 지우기/ })).toHaveCount(0);
  await page.goto('/settings');
  await page.getByRole('group', { name: '평가한 영화' }).getByRole('radio', { name: '나만 보기', exact: true }).check();
  await page.getByRole('button', { name: '저장', exact: true }).click();
  await expect(page.getByText('저장했어요')).toBeVisible();
  await other.reload();
  await expect(other.getByText('시험 회원 님이 공개하지 않았어요')).toBeVisible();
  await context.close();
});

test('a Letterboxd diary is imported, undone, and imported again with the same result', async ({ page }) => {
  await signUp(page);
  const file = {
    name: 'diary.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      'Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n' +
        '2021-03-04,Parasite,2019,https://boxd.it/1abc,,Yes,"cinema, IMAX",2021-03-01\n'
    )
  };
  await page.goto('/settings/import');
  const main = page.locator('main');
  const choose = page.locator('input[type=file]');
  await choose.setInputFiles(file);
  await expect(main.getByText('새 항목 1')).toBeVisible();
  await expect(main.getByText('2021년 3월 1일 (월) · 다시 봄 · #cinema · #IMAX')).toBeVisible();
  await main.getByRole('button', { name: '적용하기' }).click();
  await expect(main.getByText('1건을 가져왔어요.')).toBeVisible();
  await page.goto('/me?tab=watches');
  await expect(page.getByRole('tabpanel').getByText('#IMAX')).toBeVisible();

  await page.goto('/settings/import');
  await main.getByRole('button', { name: '모두 되돌리기' }).click();
  await expect(main.getByText('1건을 되돌렸어요.')).toBeVisible();
  await page.goto('/me?tab=watches');
  await expect(page.getByText('아직 관람 기록이 없어요.')).toBeVisible();

  await page.goto('/settings/import');
  await choose.setInputFiles(file);
  await expect(main.getByText('새 항목 1')).toBeVisible();
  await main.getByRole('button', { name: '적용하기' }).click();
  await expect(main.getByText('1건을 가져왔어요.')).toBeVisible();
  await choose.setInputFiles(file);
  await expect(main.getByText('같음 1')).toBeVisible();
});

test('signed out, logging a watch opens sign-in', async ({ page }) => {
  await openMovie(page, MOVIE);
  await pressInMenu(page, WORDS.ko.log);
  await expect(page.getByRole('dialog').getByRole('heading', { name: '로그인' })).toBeVisible();
});
