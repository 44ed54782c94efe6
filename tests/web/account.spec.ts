import { expect, test } from '@playwright/test';
import {
  clickStars,
  fillSignUp,
  inBothLanguages,
  newHandle,
  openMovie,
  PASSWORD,
  rateRows,
  rows,
  signIn,
  signOut,
  signUp
} from './steps';

const WORDS = {
  ko: {
    menu: '메뉴와 설정',
    signIn: '로그인',
    signOut: '로그아웃',
    wrong: '아이디, 이메일 또는 비밀번호가 맞지 않아요',
    // Either while typing or as the answer to signing up.
    taken: /이미 쓰이는 아이디예요\.$/,
    movie: '기생충',
    oldboy: '올드보이',
    wish: '보고싶어요',
    put: '‘보고싶어요’에 담았어요',
    takenEarly: '이미 쓰이는 아이디예요.',
    letters: '영문, 숫자, 밑줄(_)만 쓸 수 있어요.',
    short: '아이디는 3자부터예요.',
    long: '이름은 50자까지예요.',
    email: '이메일 주소를 확인해 주세요.',
    password: '비밀번호는 15자부터예요.',
    toSignUp: '처음이세요? 회원 가입',
    continueSigningUp: '가입하면 방금 하던 일을 이어서 할게요.'
  },
  en: {
    menu: 'Menu and settings',
    signIn: 'Sign in',
    signOut: 'Sign out',
    wrong: 'Wrong handle, email or password.',
    taken: /^This handle (cannot be used or )?is taken\.$/,
    movie: 'Parasite',
    oldboy: 'Oldboy',
    wish: 'Want to watch',
    put: 'Oldboy: Want to watch',
    takenEarly: 'This handle is taken.',
    letters: 'Only letters a-z, digits and underscores (_).',
    short: 'A handle has 3 characters or more.',
    long: 'A name has at most 50 characters.',
    email: 'Please check the email address.',
    password: 'A password has 15 characters or more.',
    toSignUp: 'New here? Sign up',
    continueSigningUp: 'Sign up, and we will finish what you just started.'
  }
};

inBothLanguages(WORDS, (say) => {
  test('signing out and in again on the sign-in page', async ({ page }) => {
    const handle = await signUp(page);
    await signOut(page, say);
    await signIn(page, handle, PASSWORD);
    await expect(page.getByRole('button', { name: say.menu })).toBeVisible();
    await expect(page.getByRole('link', { name: say.signIn })).toHaveCount(0);
  });

  test('a wrong password is reported without saying which field was wrong', async ({ page }) => {
    await page.goto('/sign-in');
    await page.locator('main [name=login]').fill(newHandle());
    await page.locator('main [name=password]').fill('not the password at all');
    await page.locator('main button[type=submit]').click();
    await expect(page.getByRole('alert')).toContainText(say.wrong);
  });

  test('a taken handle is reported at its field', async ({ page }) => {
    const handle = await signUp(page);
    await signOut(page, say);
    await page.goto('/sign-up');
    await fillSignUp(page.locator('main'), handle);
    await expect(page.locator('[name=handle]')).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByText(say.taken)).toBeVisible();
  });

  test('sign-up says what is wrong in the language of the page, while typing, and cuts nothing', async ({ page }) => {
    const handle = await signUp(page);
    await signOut(page, say);
    await page.goto('/sign-up');
    const form = page.locator('main form');
    const field = (name: string) => form.locator(`[name=${name}]`);
    // Taken, before anything is sent.
    await field('handle').fill(handle.toUpperCase());
    await expect(form.getByText(say.takenEarly)).toBeVisible();
    await field('handle').fill('미나');
    await expect(form.getByText(say.letters)).toBeVisible();
    await field('handle').fill('m');
    await expect(form.getByText(say.letters)).toHaveCount(0);
    await field('handle').blur();
    await expect(form.getByText(say.short)).toBeVisible();
    await field('display_name').fill('가'.repeat(60));
    await expect(field('display_name')).toHaveValue('가'.repeat(60));
    await expect(form.getByText(say.long)).toBeVisible();
    // The form is not sent; the first wrong field has the focus, and no message of the browser's shows.
    await field('email').fill('mina');
    await form.locator('button[type=submit]').click();
    await expect(form.getByText(say.email)).toBeVisible();
    await expect(form.getByText(say.password)).toBeVisible();
    await expect(field('handle')).toBeFocused();
    await expect(page).toHaveURL('/sign-up');
  });

  test('signing up from an action speaks of signing up, and does the action', async ({ page }) => {
    await page.goto('/');
    await openMovie(page, say.oldboy);
    await page.getByRole('button', { name: say.wish }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: say.toSignUp }).click();
    await expect(dialog.getByText(say.continueSigningUp)).toBeVisible();
    await expect(dialog.locator('p', { hasText: say.signIn })).toHaveCount(0);
  });

  test('an action tapped while signed out is carried out after signing in', async ({ page }) => {
    const handle = await signUp(page);
    await signOut(page, say);
    await openMovie(page, say.movie);
    await clickStars(page.locator('main'), 9);
    const dialog = page.getByRole('dialog', { name: say.signIn });
    await expect(dialog).toBeVisible();
    await dialog.locator('[name=login]').fill(handle);
    await dialog.locator('[name=password]').fill(PASSWORD);
    await dialog.locator('button[type=submit]').click();
    await expect(dialog).toBeHidden();
    await expect(page.locator('[data-score=rated]')).toContainText('4.5');
    await page.reload();
    await expect(page.locator('[data-score=rated]')).toContainText('4.5');
  });

  test('a shelved movie is on the shelf after a reload', async ({ page }) => {
    await signUp(page);
    await openMovie(page, say.oldboy);
    await page.getByRole('button', { name: say.wish }).click();
    await expect(page.getByRole('button', { name: say.wish })).toHaveAttribute('aria-pressed', 'true');
    await expect(page.getByText(say.put)).toBeVisible();
    await page.goto('/me?tab=wish');
    await expect(page.locator('main article')).toContainText(say.oldboy);
  });
});

test('a reload keeps the member signed in', async ({ page }) => {
  await signUp(page);
  await page.reload();
  await expect(page.locator('main ol > li').first()).toBeVisible();
  await expect(page.getByRole('link', { name: '로그인' })).toHaveCount(0);
});

test('signing out in one tab signs out the others', async ({ page, context }) => {
  await signUp(page);
  const other = await context.newPage();
  await other.goto('/me');
  await expect(other.getByRole('tab').first()).toBeVisible();
  await signOut(page);
  await expect(other.getByRole('link', { name: '로그인' }).first()).toBeVisible();
});

test('My movies shows the member and follows changes in another tab', async ({ page, context }) => {
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

  // Rated, and the rating cleared, in another tab.
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
