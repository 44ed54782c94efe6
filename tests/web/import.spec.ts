// File import: preview, matching by hand, apply, a second import of the same file, undo; and export.
import { randomUUID } from 'node:crypto';
import { expect, test, type Page } from '@playwright/test';
import { signUp } from './steps';

const csv = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(`\uFEFF${text}`) });

// Per language the format of a service used by its speakers. One row is new, one has invalid stars, one has an unknown title.
const words = {
  ko: {
    locale: 'ko-KR',
    file: (rows: string) => csv('ratings.csv', `type,title,year,rating,genres,countries,content_code\r\n${rows}`),
    known: 'movie,기생충,2019,4.5,드라마,한국,a\r\n',
    others: 'movie,올드보이,2003,3.7,드라마,한국,b\r\nmovie,없는 영화입니다,1999,4.0,,,c\r\n',
    ready: '아직 적용하지 않았어요',
    classes: { new: '새 항목', same: '같음', unmatched: '못 찾음', skipped: '건너뜀' },
    title: '기생충 2019',
    offScale: '별점이 범위를 벗어났어요',
    find: '영화 찾기',
    query: '괴물',
    meant: '괴물 (2006)',
    apply: '적용하기',
    applied: '2건을 가져왔어요.',
    nothing: '달라진 것이 없어요.',
    undo: '모두 되돌리기',
    showEarlier: 'ratings.csv 보기',
    undone: '2건을 되돌렸어요.',
    empty: '아직 평가한 영화가 없어요.',
    export: '모두 내려받기',
    first: '기생충',
    second: '괴물',
    inList: (title: string) => `‘${title}’ 컬렉션`,
    unknown: '가져올 수 있는 파일이 아니에요. 첫 줄이 지원하는 형식과 달라요. (ratings.csv)'
  },
  en: {
    locale: 'en-US',
    file: (rows: string) => csv('ratings.csv', `Date,Name,Year,Letterboxd URI,Rating\r\n${rows}`),
    known: '2024-05-01,Parasite,2019,https://boxd.it/a,4.5\r\n',
    others: '2024-05-01,Oldboy,2003,https://boxd.it/b,3.7\r\n2024-05-01,No such movie at all,1999,https://boxd.it/c,4\r\n',
    ready: 'Nothing has been applied yet',
    classes: { new: 'New', same: 'Same', unmatched: 'Not found', skipped: 'Skipped' },
    title: 'Parasite 2019',
    offScale: 'The rating is not on the scale',
    find: 'Find the movie',
    query: 'The Host',
    meant: 'The Host (2006)',
    apply: 'Apply',
    applied: '2 entries imported.',
    nothing: 'Nothing changed.',
    undo: 'Undo the whole import',
    showEarlier: 'Show ratings.csv',
    undone: '2 entries put back.',
    empty: 'You have not rated any movies yet.',
    export: 'Download everything',
    first: 'Parasite',
    second: 'The Host',
    inList: (title: string) => `in the list “${title}”`,
    unknown: 'This is not a file that can be imported: its first line is not one we know. (ratings.csv)'
  }
};

for (const [language, say] of Object.entries(words)) {
  test.describe(`in ${language}`, () => {
    test.use({ locale: say.locale });

    const main = (page: Page) => page.locator('main');
    const chooser = (page: Page) => page.locator('input[type=file]');
    // By role, because the radio button covers its label.
    const part = (page: Page, of: keyof typeof say.classes, count: number) =>
      main(page).getByRole('radio', { name: `${say.classes[of]} ${count}`, exact: true });
    const press = (page: Page, name: string) => main(page).getByRole('button', { name, exact: true }).click();

    /** Signs up, uploads the file, and picks the movie for the unknown title. */
    async function bring(page: Page) {
      await signUp(page);
      await page.goto('/settings/import');
      await chooser(page).setInputFiles(say.file(say.known + say.others));
      await expect(main(page).getByText(say.ready)).toBeVisible();
      await expect(part(page, 'new', 1)).toBeVisible();
      await expect(main(page).getByText(say.title)).toBeVisible();
      await part(page, 'unmatched', 1).check();
      await press(page, say.find);
      await main(page).getByRole('searchbox', { name: say.find }).fill(say.query);
      await press(page, say.meant);
      await expect(part(page, 'new', 2)).toBeVisible();
    }

    test('a file is previewed, matched and applied, and a second import changes nothing', async ({ page }) => {
      await bring(page);
      await part(page, 'skipped', 1).check();
      await expect(main(page).getByText(say.offScale)).toBeVisible();
      await press(page, say.apply);
      await expect(main(page).getByText(say.applied)).toBeVisible();

      await chooser(page).setInputFiles(say.file(say.known));
      await expect(part(page, 'same', 1)).toBeVisible();
      await press(page, say.apply);
      await expect(main(page).getByText(say.nothing)).toBeVisible();

      // The earlier import is still listed and can be undone.
      await press(page, say.showEarlier);
      await expect(main(page).getByText(say.applied)).toBeVisible();
      await press(page, say.undo);
      await expect(main(page).getByText(say.undone)).toBeVisible();

      const download = page.waitForEvent('download');
      await press(page, say.export);
      expect((await download).suggestedFilename()).toBe('matcha.zip');
    });

    test('an import is undone after leaving the page and coming back', async ({ page }) => {
      await bring(page);
      await press(page, say.apply);
      await expect(main(page).getByText(say.applied)).toBeVisible();
      await page.goto('/me');
      await expect(main(page).locator('article')).toHaveCount(2);

      await page.goto('/settings/import');
      await press(page, say.undo);
      await expect(main(page).getByText(say.undone)).toBeVisible();
      await expect(main(page).getByRole('button', { name: say.undo })).toHaveCount(0);
      await page.goto('/me');
      await expect(main(page).getByText(say.empty)).toBeVisible();
      await expect(main(page).locator('article')).toHaveCount(0);
    });

    test('a list in an export is imported in its order, and undone with the import', async ({ page }) => {
      const id = randomUUID();
      const title = `Zq ${id.slice(0, 8)}`;
      const header = 'list_id,list_title,list_text,public,created_at,changed_at,place,matcha_id,imdb_id,title,title_en,year';
      const at = '2026-01-02T03:04:05Z';
      const line = (place: number, movie: string, year: number) =>
        `${id},${title},,true,${at},${at},${place},,,${movie},,${year}`;
      const file = [header, line(2, say.second, 2006), line(1, say.first, 2019)].join('\r\n');
      await signUp(page);
      await page.goto('/settings/import');
      await chooser(page).setInputFiles(csv('lists.csv', file));
      await expect(part(page, 'new', 3)).toBeVisible();
      await expect(main(page).getByText(say.inList(title))).toHaveCount(2);
      await press(page, say.apply);
      await expect(main(page).getByRole('button', { name: say.undo })).toBeVisible();

      await page.goto('/me?tab=lists');
      await main(page).getByRole('link', { name: title }).click();
      await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
      await expect(main(page).locator('article')).toContainText([say.first, say.second]);

      await page.goto('/settings/import');
      await press(page, say.undo);
      await expect(main(page).getByRole('button', { name: say.undo })).toHaveCount(0);
      await page.goto('/me?tab=lists');
      await expect(main(page).getByRole('link', { name: title })).toHaveCount(0);
    });

    test('a file that cannot be read is refused with the reason', async ({ page }) => {
      await signUp(page);
      await page.goto('/settings/import');
      await chooser(page).setInputFiles(csv('ratings.csv', 'a,b\n1,2\n'));
      await expect(page.getByRole('alert')).toHaveText(say.unknown);
    });
  });
}
