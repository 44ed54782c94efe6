// Lays out a title: the largest font size that fits, with Korean broken only between words.

export interface SetTitle {
  lines: string[];
  size: number;
  leading: number;
}

const SIZES = [46, 42, 38, 35, 32, 29, 26, 24, 22, 20, 18, 16, 14];

/** The largest number of lines at a font size. */
const mostLines = (size: number) => (size >= 35 ? 2 : size >= 26 ? 3 : size >= 20 ? 4 : 6);

/** The height of the whole block, from the top of the first line to the last baseline. */
export const heightOf = ({ lines, size, leading }: SetTitle) => size + leading * (lines.length - 1);

export function setTitle(title: string, width: number, height = 92): SetTitle {
  // A long compound may also break after its hyphen: 신과함께- / 죄와 벌.
  const words = title.trim().split(/\s+|(?<=\p{L}{3}-)(?=\p{L}{2})/u);
  for (const size of SIZES) {
    const lines = balance(words, width / size);
    const fits = lines.every((line) => widthOf(line) * size <= width);
    const set = { lines, size, leading: size * (size > 30 ? 1.12 : 1.18) };
    if (fits && lines.length <= mostLines(size) && heightOf(set) <= height && !(size > 24 && lonely(lines))) return set;
  }
  const size = SIZES.at(-1) ?? 14;
  return { lines: broken(title, width / size).slice(0, 7), size, leading: size * 1.2 };
}

// Avoids a last line of one character, such as 범죄도시 / 4, by choosing a smaller size.
const lonely = (lines: string[]) => lines.length > 1 && Math.min(...lines.map(widthOf)) < 1.3;

// Balances the lines: fills them, then narrows the width as long as the number of lines stays the same.
function balance(words: string[], width: number): string[] {
  let best = fill(words, width);
  for (let narrower = width * 0.94; narrower > width * 0.4; narrower *= 0.94) {
    const lines = fill(words, narrower);
    if (lines.length > best.length || lines.some((line) => widthOf(line) > width)) break;
    best = lines;
  }
  return best;
}

function fill(words: string[], width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of words) {
    const longer = current && !/\p{L}-$/u.test(current) ? `${current} ${word}` : current + word;
    if (current && widthOf(longer) > width) {
      lines.push(current);
      current = word;
    } else current = longer;
  }
  return current ? [...lines, current] : lines;
}

// Breaks within words, for a single word that is wider than the poster.
function broken(title: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const letter of title) {
    if (widthOf(current + letter) > width) {
      lines.push(current.trim());
      current = '';
    }
    current += letter;
  }
  return [...lines, current.trim()];
}

/** An estimate of a text's width in em. It errs on the wide side, because fonts differ between machines. */
export function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += letterWidth(letter);
  return width;
}

function letterWidth(letter: string): number {
  if (/[\u1100-\u11ff\u2e80-\ud7af\uf900-\ufaff\uff00-\uffef]/u.test(letter)) return 0.95;
  if (/[\s.,:;'’!|ilIj·]/u.test(letter)) return 0.32;
  if (/[mwMW@%]/u.test(letter)) return 0.92;
  if (/[A-Z&]/u.test(letter)) return 0.72;
  return 0.6;
}
