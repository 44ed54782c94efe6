// Palettes by genre: a background gradient, three colours for shapes, and a text colour that is readable on the gradient.

export interface Palette {
  ground: string;
  deep: string;
  a: string;
  b: string;
  c: string;
  ink: string;
}

const palette = (ground: string, deep: string, a: string, b: string, c: string, ink: string): Palette => ({
  ground,
  deep,
  a,
  b,
  c,
  ink
});

const night = palette('#1a2a4f', '#0b1326', '#f6a821', '#dfe4ee', '#34508c', '#fff4dc');
const ember = palette('#3a1210', '#190807', '#d9485a', '#efb04a', '#74211f', '#ffe8d1');
const bone = palette('#efe6d5', '#e0d0b3', '#23201c', '#b3392f', '#cbb691', '#23201c');
const blood = palette('#1b1011', '#0a0506', '#b8101f', '#efe6d6', '#4a0d14', '#f4ecdf');
const moss = palette('#25362b', '#121c16', '#cdb95f', '#83a887', '#40604a', '#f5f0dc');
const sea = palette('#11566a', '#0a3440', '#ecdcc4', '#6cb4dc', '#1f7389', '#fdf6ea');
const blush = palette('#f7dace', '#f0b9a8', '#c8553d', '#5d9090', '#fbeee7', '#5b2333');
const plum = palette('#472453', '#271230', '#f2a6a6', '#f7d08a', '#743f82', '#fdeae5');
const apricot = palette('#f6b06f', '#ed8f45', '#4f8272', '#b8444b', '#fbd6a7', '#33211a');
const mint = palette('#d3ead8', '#aed6bb', '#2f6152', '#f08a63', '#f8f4e4', '#173b32');
const sky = palette('#c6e3f3', '#97c8e5', '#ffffff', '#f2b535', '#4f8bb0', '#14364a');
const mustard = palette('#ecbc58', '#dda233', '#454643', '#9b2915', '#f7dda4', '#2a1f14');
const brick = palette('#ad4233', '#862a20', '#f6e6c6', '#f2b880', '#72231b', '#fff3e0');
const steel = palette('#334252', '#1c252e', '#a6bace', '#f0b429', '#4d6075', '#eef3f7');
const paper = palette('#f4f0e8', '#e4dccb', '#3a5a78', '#d9a441', '#cbd5da', '#26323d');
const ink = palette('#222226', '#0f0f11', '#eae7e1', '#d7263d', '#3f3f47', '#f6f4ef');
const lilac = palette('#ddd5f0', '#bfb2e0', '#5e4b8b', '#f3a3c3', '#f6f2fc', '#33264f');
const cosmos = palette('#151a45', '#05071a', '#8577fa', '#f0a6ca', '#2a3276', '#eeebff');
const teal = palette('#115055', '#072427', '#f2704f', '#f4d58d', '#1f6e72', '#fff4e1');
const rose = palette('#9a3552', '#6a1f36', '#f9cfc6', '#f4e5d6', '#bd5872', '#fff0ec');
const sand = palette('#ecd2a6', '#dab479', '#8c4a2f', '#3e5c58', '#f5e5c7', '#3a2417');
const forest = palette('#2a4f37', '#15291d', '#ecdcab', '#9bb05f', '#427453', '#fbf5df');

type Palettes = readonly [Palette, ...Palette[]];

const byGenre: Record<string, Palettes> = {
  action: [ember, brick, ink, mustard, steel, teal],
  adventure: [sea, sand, forest, apricot, teal],
  animation: [sky, mint, lilac, apricot, sea],
  biography: [paper, sand, sea, rose],
  comedy: [mustard, apricot, mint, sky, blush],
  crime: [ink, brick, steel, bone, ember],
  documentary: [paper, bone, steel, mint],
  drama: [paper, sea, sand, mint, steel, rose, teal, blush, forest],
  family: [sky, mint, mustard, apricot],
  fantasy: [plum, forest, cosmos, lilac, sea],
  film_noir: [ink, bone, steel],
  history: [sand, bone, brick, forest, plum],
  horror: [blood, ember, moss, ink],
  music: [plum, mustard, rose, teal],
  musical: [plum, rose, mustard, lilac],
  mystery: [night, plum, moss, cosmos, teal],
  romance: [blush, rose, lilac, plum, sky],
  science_fiction: [cosmos, steel, teal, night],
  sport: [sky, mint, brick, mustard],
  thriller: [night, ink, steel, teal, ember],
  war: [moss, steel, bone, brick],
  western: [sand, brick, apricot]
};

export function palettesOf(genre: string): Palettes {
  return byGenre[genre] ?? [paper, sea, mint, sand];
}
