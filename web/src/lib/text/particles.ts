// Korean particles follow the sound a word ends in: 기생충을, but 괴물을 and 아가씨를.

const pairs = {
  '은/는': ['은', '는'],
  '을/를': ['을', '를'],
  '이/가': ['이', '가'],
  '과/와': ['과', '와'],
  '으로/로': ['으로', '로']
} as const;
export type Particle = keyof typeof pairs;

const RIEUL = 8;
// How a digit is read: 영 일 이 삼 사 오 육 칠 팔 구; the number is the final consonant's place in the Hangul table.
const digitFinals = [21, 8, 0, 16, 0, 0, 1, 8, 8, 0];
// Latin words are read by ear: Black ends in a consonant in Korean (블랙), Heat does not (히트), and Big (빅) and Red (레드) cannot
// be told apart by their letters.
const latinFinals: [RegExp, number | null][] = [
  [/ng$/i, 21],
  [/le?$/i, RIEUL],
  [/me?$/i, 16],
  [/ne?$/i, 4],
  [/(?:ck|ook|(?:^|[^aeiou])[aeiou][pkct])$/i, 17],
  [/[bdg]$/i, null]
];

/** The final consonant's place in the Hangul table: 0 for none, null where only the ear knows. */
function finalConsonant(word: string): number | null {
  const spoken = word.replace(/[^\p{L}\p{N}]+$/u, '');
  const last = spoken.at(-1);
  if (!last) return 0;
  const code = last.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) return (code - 0xac00) % 28;
  if (/\d/.test(last)) return digitFinals[Number(last)] ?? 0;
  const known = latinFinals.find(([ending]) => ending.test(spoken));
  return known ? known[1] : 0;
}

/** The right one of a pair for a word: `particle('기생충', '을/를')` is `을`. */
export function particle(word: string, pair: Particle): string {
  const final = finalConsonant(word);
  const [closed, open] = pairs[pair];
  // As Korean writes it when it does not know.
  if (final === null) return pair === '으로/로' ? '(으)로' : `${closed}(${open})`;
  // 로 also follows ㄹ: 서울로.
  if (pair === '으로/로' && final === RIEUL) return open;
  return final > 0 ? closed : open;
}

/** The word with its particle: `withParticle('기생충', '을/를')` is `기생충을`. */
export function withParticle(word: string, pair: Particle): string {
  return word + particle(word, pair);
}
