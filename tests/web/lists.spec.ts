// Lists: created, ordered, made private, and found by others.
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { newHandle, openMovie, PASSWORD, pressInMenu, signUp } from './steps';

const WORDS = {
  ko: {
    locale: 'ko-KR',
    movies: ['기생충', '올드보이'],
    add: '컬렉션에 담기…',
    new: '새 컬렉션',
    title: '제목',
    make: '만들기',
    edit: '고치기',
    public: '누구나 볼 수 있게 공개',
    save: '저장',
    saved: '저장했어요',
    private: '나만 보는 컬렉션',
    gone: '컬렉션을 찾을 수 없어요',
    forward: /앞으로 옮기기/,
    takeOut: /컬렉션에서 빼기/,
    like: /좋아요/,
    holding: '이 영화가 담긴 컬렉션',
    remove: '지우기',
    sure: '정말 지울까요?',
    changed: /다른 곳에서 컬렉션이 바뀌어서/,
    search: '영화 담기',
    find: '영화 찾기'
  },
  en: {
    locale: 'en-US',
    movies: ['Parasite', 'Oldboy'],
    add: 'Add to list…',
    new: 'New list',
    title: 'Title',
    make: 'Make the list',
    edit: 'Edit',
    public: 'Everybody can see it',
    save: 'Save',
    saved: 'Saved',
    private: 'Only you see it',
    gone: 'There is no such list',
    forward: /^Move .* forward$/,
    takeOut: /from the list$/,
    like: /^Like “/,
    holding: 'Lists that contain it',
    remove: 'Delete',
    sure: 'Confirm delete',
    changed: /changed somewhere else/,
    search: 'Add a movie',
    find: 'Find the movie'
  }
} as const;
type Words = (typeof WORDS)[keyof typeof WORDS];

async function anotherMember(browser: Browser, words: Words): Promise<Page> {
  const page = await (await browser.newContext({ locale: words.locale })).newPage();
  await signUp(page);
  return page;
}

/** Creates a list in the dialog on a movie's page; returns the list's address. */
async function makeList(page: Page, words: Words, title: string): Promise<string> {
  await openMovie(page, words.movies[0]);
  await pressInMenu(page, words.add);
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: words.new }).click();
  await dialog.getByLabel(words.title).fill(title);
  await dialog.getByRole('button', { name: words.make }).click();
  await expect(dialog.getByRole('checkbox', { name: title })).toBeChecked();
  await page.keyboard.press('Escape');
  await page.goto('/me?tab=lists');
  await page.getByRole('link', { name: title }).click();
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
  return new URL(page.url()).pathname;
}

/** Adds a movie on the list's page, by search. */
async function addMovie(page: Page, words: Words, movie: string) {
  await page.getByRole('button', { name: words.search }).click();
  await page.getByRole('searchbox', { name: words.find }).fill(movie);
  await page
    .locator('main')
    .getByRole('button', { name: new RegExp(`^${movie} \\(`) })
    .first()
    .click();
  await expect(cards(page).last()).toContainText(movie);
}

const cards = (page: Page) => page.locator('main article');
const found = (page: Page, title: string) => page.locator('main').getByRole('link', { name: title });

for (const words of Object.values(WORDS)) {
  test(`a list is created from a movie, ordered, and made private (${words.locale})`, async ({ browser }) => {
    const owner = await anotherMember(browser, words);
    const title = `Zq ${newHandle()}`;
    const address = await makeList(owner, words, title);
    await addMovie(owner, words, words.movies[1]);
    await expect(cards(owner)).toHaveCount(2);

    const ordered = owner.waitForResponse(
      (response) => response.request().postData()?.includes('mutation OrderListMovies') ?? false
    );
    await owner.getByRole('button', { name: words.forward }).last().focus();
    await owner.keyboard.press('Enter');
    await expect(cards(owner).first()).toContainText(words.movies[1]);
    await ordered;
    await owner.reload();
    await expect(cards(owner).first()).toContainText(words.movies[1]);

    const other = await anotherMember(browser, words);
    await other.goto(address);
    await expect(cards(other)).toHaveCount(2);
    await expect(other.getByRole('button', { name: words.edit })).toHaveCount(0);
    const like = other.getByRole('button', { name: words.like });
    await like.click();
    await expect(like).toHaveAttribute('aria-pressed', 'true');
    await other.reload();
    await expect(like).toHaveAttribute('aria-pressed', 'true');
    await other.goto(`/search?q=${encodeURIComponent(title)}`);
    await expect(found(other, title)).toBeVisible();

    await owner.getByRole('button', { name: words.edit }).click();
    await owner.getByRole('switch', { name: words.public }).uncheck();
    await owner.getByRole('button', { name: words.save, exact: true }).click();
    await expect(owner.getByText(words.saved)).toBeVisible();
    await expect(owner.getByText(words.private)).toBeVisible();

    const searched = other.waitForResponse((response) => response.request().postData()?.includes('query Search(') ?? false);
    await other.reload();
    await searched;
    await expect(other.locator('main h1')).toContainText(title);
    await expect(found(other, title)).toHaveCount(0);
    await other.goto(address);
    await expect(other.getByText(words.gone).last()).toBeVisible();
    // The owner still sees it, until it is deleted.
    await owner.reload();
    await expect(cards(owner)).toHaveCount(2);
    await owner.getByRole('button', { name: words.remove, exact: true }).click();
    await owner.getByRole('button', { name: words.sure }).click();
    await expect(owner).toHaveURL(/\/me\?tab=lists/);
    await expect(found(owner, title)).toHaveCount(0);
    await owner.context().close();
    await other.context().close();
  });
}

test('of two open pages the second is told about the changed order', async ({ page }) => {
  const words = WORDS.ko;
  await signUp(page);
  const address = await makeList(page, words, `Zq ${newHandle()}`);
  await addMovie(page, words, words.movies[1]);
  const second = await page.context().newPage();
  await second.goto(address);
  await expect(cards(second)).toHaveCount(2);
  await page.getByRole('button', { name: words.takeOut }).first().click();
  await expect(cards(page)).toHaveCount(1);
  await page.reload();
  await expect(cards(page)).toHaveCount(1);
  await second.getByRole('button', { name: words.forward }).last().click();
  await expect(second.getByText(words.changed)).toBeVisible();
  await expect(cards(second)).toHaveCount(1);
});

test('a visitor signs in first, and then the dialog opens', async ({ page }) => {
  const words = WORDS.ko;
  const handle = await signUp(page);
  const title = `Zq ${newHandle()}`;
  await makeList(page, words, title);
  // The movie's page shows the list to everybody.
  await openMovie(page, words.movies[0]);
  const holding = page.getByRole('region', { name: words.holding });
  await expect(holding).toBeVisible();

  await page.context().clearCookies();
  await page.goto('/');
  await openMovie(page, words.movies[0]);
  await pressInMenu(page, words.add);
  const signingIn = page.getByRole('dialog');
  await signingIn.locator('[name=login]').fill(handle);
  await signingIn.locator('[name=password]').fill(PASSWORD);
  await signingIn.locator('button[type=submit]').click();
  await expect(page.getByRole('dialog').getByRole('checkbox', { name: title })).toBeChecked();
});

test('axe finds no violation on a list and in its dialog', async ({ page }) => {
  const words = WORDS.ko;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signUp(page);
  await makeList(page, words, `Zq ${newHandle()}`);
  const check = async () => {
    await expect(page.locator('main .bone')).toHaveCount(0);
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
  };
  await check();
  await page.goto('/me?tab=lists');
  await check();
  await openMovie(page, words.movies[0]);
  await pressInMenu(page, words.add);
  await expect(page.getByRole('dialog').getByRole('checkbox')).toHaveCount(1);
  await check();
});
