// Onboarding: the first session of a new member, from the home page to the export, in both languages, by mouse on a desktop and
// by touch on a phone. Nothing is opened by its address, so every feature must be reachable by links.
import { expect, test, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { fillSignUp, newHandle, ratedCount, rows } from './steps';

const WORDS = {
  ko: {
    locale: 'ko-KR',
    start: '평가 시작하기',
    menu: '메뉴와 설정',
    signUp: '회원 가입',
    unlocked: '예상 별점이 열렸어요',
    seeHome: '홈에서 보기',
    tabs: { search: '찾기', feed: '소식', taste: '취향' },
    search: '영화, 감독, 배우 찾기',
    query: 'ㄱㅅㅊ',
    movie: '기생충',
    mine: '내 코멘트',
    spoiler: '스포일러 포함',
    post: '남기기',
    comment: '지하실 장면부터 다른 영화가 된다. 결말은 두 번 봐야 보인다.',
    suggestions: '이런 회원은 어때요?',
    follow: / 님 팔로우$/,
    showFeed: '소식 보기',
    imports: '가져오기와 내보내기',
    apply: '적용하기',
    applied: /^\d+건을 가져왔어요\.$/,
    taste: '내 취향 분석',
    genres: '좋아하는 장르',
    export: '모두 내려받기'
  },
  en: {
    locale: 'en-US',
    start: 'Start rating',
    menu: 'Menu and settings',
    signUp: 'Sign up',
    unlocked: 'Predicted stars unlocked',
    seeHome: 'See it on the home page',
    tabs: { search: 'Search', feed: 'Feed', taste: 'Taste' },
    search: 'Search movies, directors, actors',
    query: 'parasit',
    movie: 'Parasite',
    mine: 'Your comment',
    spoiler: 'Contains spoilers',
    post: 'Post',
    comment: 'From the cellar on it is another movie. The ending wants a second look.',
    suggestions: 'Members you could follow',
    follow: /^Follow /,
    showFeed: 'Show my feed',
    imports: 'Import and export',
    apply: 'Apply',
    applied: /^\d+ entries imported\.$/,
    taste: 'Your taste',
    genres: 'Favourite genres',
    export: 'Download everything'
  }
} as const;

const DEVICES = {
  desktop: { viewport: { width: 1320, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
};

/** Opens a tab of the main navigation, which is at the bottom on a phone. */
const openTab = (page: Page, name: string) =>
  page.getByRole('navigation').first().getByRole('link', { name, exact: true }).click();

for (const [language, say] of Object.entries(WORDS)) {
  for (const [device, looks] of Object.entries(DEVICES)) {
    test.describe(`in ${language} on a ${device}`, () => {
      test.use({ ...looks, locale: say.locale });

      test('a new member signs up, rates, comments, follows, imports, opens the taste page and exports', async ({ page }) => {
        test.setTimeout(90_000);
        const fromMenu = async (name: string) => {
          await page.getByRole('button', { name: say.menu }).click();
          await page.getByRole('navigation', { name: say.menu }).getByRole('link', { name, exact: true }).click();
        };

        await page.goto('/');
        await expect(page.getByRole('link', { name: say.start })).toBeVisible();
        await fromMenu(say.signUp);
        await fillSignUp(page.locator('main'), newHandle());
        await expect(page).toHaveURL('/rate');

        for (let row = 0; row < 10; row++) {
          const star = rows(page)
            .nth(row)
            .locator(`input[type=radio][value="${5 + (row % 6)}"]`);
          await star.scrollIntoViewIfNeeded();
          await (device === 'phone' ? star.tap() : star.click());
          await expect(rows(page).nth(row).locator('[data-line=rated]')).toBeVisible();
        }
        await expect(ratedCount(page)).toContainText('10');
        await expect(page.getByRole('heading', { name: say.unlocked })).toBeVisible();
        await page.getByRole('link', { name: say.seeHome }).click();
        await expect(page.locator('main article [data-line=predicted]').first()).toBeVisible();

        // On a desktop every page has the search box.
        if (device === 'phone') await openTab(page, say.tabs.search);
        const box = page.getByRole('combobox', { name: say.search });
        await box.fill(say.query);
        await expect(page.getByRole('listbox').getByRole('option').first()).toContainText(say.movie);
        await box.press('Enter');
        await page.locator('main article a').first().click();
        await expect(page.getByRole('heading', { level: 1, name: say.movie })).toBeVisible();
        const mine = page.getByRole('region', { name: say.mine });
        await mine.getByRole('textbox').fill(say.comment);
        await mine.getByRole('switch', { name: say.spoiler }).check();
        await mine.getByRole('button', { name: say.post }).click();
        await expect(mine.locator('[data-state=PUBLIC]')).toBeVisible();

        await openTab(page, say.tabs.feed);
        await page.getByRole('region', { name: say.suggestions }).getByRole('button', { name: say.follow }).first().click();
        await page.getByRole('button', { name: say.showFeed }).click();
        await expect(page.locator('article[data-kind]').first()).toBeVisible();

        await fromMenu(say.imports);
        await page.locator('input[type=file]').setInputFiles('files/letterboxd.zip');
        await page.getByRole('button', { name: say.apply, exact: true }).click();
        await expect(page.getByText(say.applied)).toBeVisible();

        await openTab(page, say.tabs.taste);
        await expect(page.getByRole('heading', { level: 1, name: say.taste })).toBeVisible();
        await expect(page.getByRole('heading', { name: say.genres })).toBeVisible();
        // Ten rated by hand; some of the three in the file may be among them.
        await expect(page.locator('main dl').first()).toContainText(/1[0-3]/);

        await fromMenu(say.imports);
        const download = page.waitForEvent('download');
        await page.getByRole('button', { name: say.export, exact: true }).click();
        const file = await readFile(await (await download).path());
        expect(file.subarray(0, 2).toString()).toBe('PK');
        expect(file.includes('letterboxd')).toBe(true);
      });
    });
  }
}
