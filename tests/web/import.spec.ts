// A file of one's own: looked at, mended, applied and brought again; and everything taken along.
import { expect, test } from "@playwright/test";
import { signUp } from "./steps";

const file = (rows: string) => ({
  name: "ratings.csv",
  mimeType: "text/csv",
  buffer: Buffer.from(
    `\uFEFFtype,title,year,rating,genres,countries,content_code\r\n${rows}`,
  ),
});
const FILE = file(
  "movie,기생충,2019,4.5,드라마,한국,a\r\nmovie,올드보이,2003,3.7,드라마,한국,b\r\nmovie,없는 영화입니다,1999,4.0,,,c\r\n",
);

test("a file is looked at, mended, applied, and brought again without a change", async ({
  page,
}) => {
  await signUp(page);
  await page.goto("/settings/import");
  const main = page.locator("main");
  const choose = page.locator("input[type=file]");
  await choose.setInputFiles(FILE);
  await expect(main.getByText("아직 적용하지 않았어요")).toBeVisible();
  await expect(main.getByText("새로 1")).toBeVisible();
  await expect(main.getByText("기생충 2019")).toBeVisible();
  await main.getByRole("radio", { name: "건너뜀 1" }).check();
  await expect(main.getByText("별점이 척도에 맞지 않아요")).toBeVisible();

  await main.getByRole("radio", { name: "못 찾음 1" }).check();
  await main.getByRole("button", { name: "영화 찾기" }).click();
  await main.getByRole("searchbox", { name: "영화 찾기" }).fill("괴물");
  await main.getByRole("button", { name: "괴물 (2006)" }).click();
  await expect(main.getByText("새로 2")).toBeVisible();

  await main.getByRole("button", { name: "적용하기" }).click();
  await expect(main.getByText("2건을 가져왔어요.")).toBeVisible();
  await choose.setInputFiles(file("movie,기생충,2019,4.5,드라마,한국,a\r\n"));
  await expect(main.getByText("같음 1")).toBeVisible();
  await main.getByRole("button", { name: "적용하기" }).click();
  await expect(main.getByText("달라진 것이 없어요.")).toBeVisible();

  const download = page.waitForEvent("download");
  await main.getByRole("button", { name: "모두 내려받기" }).click();
  expect((await download).suggestedFilename()).toBe("matcha.zip");
});

test("a file that cannot be read says why", async ({ page }) => {
  await signUp(page);
  await page.goto("/settings/import");
  await page
    .locator("input[type=file]")
    .setInputFiles({ ...FILE, buffer: Buffer.from("a,b\n1,2\n") });
  await expect(page.getByRole("alert")).toContainText("ratings.csv");
});
