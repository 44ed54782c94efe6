// Pictures of abstract shapes.
import { box, circle, curve, polygon, quarter, WIDTH, type Point } from '../shapes';
import { times, type Draw } from './picture';

export const beams: Draw = (chance, { a, b, c, ground }) => {
  const left = chance.odds(0.5);
  const from: Point = [left ? -10 : 210, -10];
  const spread = chance.between(24, 34);
  const fan = times(5, (i) => {
    const [near, far] = [18 + i * spread * 1.1, 18 + i * spread * 1.1 + chance.between(9, 20)];
    const reach = (degrees: number): Point => {
      const angle = (degrees * Math.PI) / 180;
      return [from[0] + (left ? 1 : -1) * Math.cos(angle) * 460, from[1] + Math.sin(angle) * 460];
    };
    return {
      d: polygon([from, reach(near * 0.62), reach(far * 0.62)]),
      fill: [c, a, c, b, c][i] ?? c,
      opacity: [0.9, 0.95, 0.6, 0.85, 0.5][i] ?? 1
    };
  });
  // A plain band at the bottom, so that the title is readable on the light picture.
  return { shapes: [...fan, { d: box(0, 204, WIDTH, 140), fill: ground }], place: 'bottom' };
};

export const circles: Draw = (chance, { a, b, c }) => {
  const r = chance.between(46, 58);
  const lean = chance.between(-14, 14);
  const [left, right]: [Point, Point] = [
    [100 - r * 0.56, 108 + lean],
    [100 + r * 0.56, 108 - lean]
  ];
  return {
    shapes: [
      { d: circle(100, 108, r * 1.72), fill: c, opacity: 0.35 },
      { d: circle(...left, r), fill: a, opacity: 0.92 },
      { d: circle(...right, r), fill: b, opacity: 0.78 }
    ],
    place: 'bottom'
  };
};

export const torn: Draw = (chance, { a, b, c }) => {
  const edge = (y: number, rough: number): Point[] =>
    times(21, (i) => [i * 10, y + (i - 10) * slope + chance.between(-rough, rough)]);
  const slope = chance.between(-2.6, 2.6);
  const sheet = (y: number, rough: number) => polygon([[0, 0], [0, y], ...edge(y, rough), [WIDTH, 0]]);
  return {
    shapes: [
      { d: sheet(196, 3), fill: c, opacity: 0.7 },
      { d: sheet(184, 4), fill: b, opacity: 0.95 },
      { d: sheet(172, 4), fill: a },
      { d: circle(chance.between(70, 130), 84, chance.between(30, 44)), fill: b }
    ],
    place: 'bottom'
  };
};

export const dots: Draw = (chance, { a, b }) => {
  const [x, y] = [chance.between(60, 140), chance.between(80, 120)];
  const size = chance.between(11.5, 14);
  let near = '';
  let far = '';
  for (let row = 0; row * size < 188; row++) {
    for (let column = 0; column * size < WIDTH + size; column++) {
      const [px, py] = [column * size + (row % 2) * (size / 2), row * size + 6];
      const distance = Math.hypot(px - x, py - y);
      const r = Math.max(0.7, size * 0.56 * (1 - distance / 150));
      if (distance < 52) near += circle(px, py, r);
      else far += circle(px, py, r);
    }
  }
  return {
    shapes: [
      { d: far, fill: a, opacity: 0.75 },
      { d: near, fill: b }
    ],
    place: 'bottom'
  };
};

export const blinds: Draw = (chance, { a, b, c }) => {
  const lean = chance.between(14, 40) * chance.pick([1, -1]);
  const chosen = chance.whole(2, 6);
  const slats = times(9, (i) => {
    const y = 6 + i * 21;
    return {
      d: polygon([
        [0, y + lean],
        [WIDTH, y],
        [WIDTH, y + 12],
        [0, y + 12 + lean]
      ]),
      fill: i === chosen ? a : c,
      opacity: i === chosen ? 1 : 0.85
    };
  });
  return { shapes: [...slats, { d: circle(chance.between(50, 150), chance.between(60, 140), 15), fill: b }], place: 'bottom' };
};

export const tiles: Draw = (chance, { a, b, c }) => {
  const size = 50;
  const shapes = times(16, (i) => {
    const [x, y] = [(i % 4) * size, Math.floor(i / 4) * size];
    const fill = chance.pick([a, b, c, a]);
    const d = chance.odds(0.72)
      ? quarter(x, y, size, chance.whole(0, 3))
      : chance.odds(0.5)
        ? circle(x + size / 2, y + size / 2, chance.between(11, 20))
        : box(x, y, size, size / 2);
    return { d, fill, opacity: 0.95 };
  });
  return { shapes, place: 'bottom' };
};

export const contours: Draw = (chance, { a, b }) => {
  const [x, y] = [chance.between(60, 140), chance.between(80, 120)];
  const bumps = times(5, () => chance.between(-0.22, 0.22));
  const lines = times(8, (i) => {
    const r = 11 + i * 12;
    const points = times(26, (step) => {
      const angle = (step / 25) * Math.PI * 2;
      const rough = bumps.reduce((sum, bump, k) => sum + bump * Math.sin(angle * (k + 2) + k), 1);
      return [x + Math.cos(angle) * r * rough * 1.15, y + Math.sin(angle) * r * rough] as const;
    });
    return { d: curve(points), stroke: i % 3 === 0 ? b : a, width: i % 3 === 0 ? 2.4 : 1.3, opacity: 0.9 - i * 0.05 };
  });
  return { shapes: [...lines, { d: circle(x, y, 6), fill: b }], place: 'bottom' };
};

export const thread: Draw = (chance, { a, b, c }) => {
  const loops = chance.whole(2, 3);
  const steps = 40;
  const points = times(steps + 1, (i) => {
    const along = i / steps;
    const angle = along * Math.PI * 2 * loops;
    return [-10 + along * 220 + Math.sin(angle) * 34, 100 + Math.cos(angle) * 46 + Math.sin(along * 5) * 18] as const;
  });
  return {
    shapes: [
      { d: circle(chance.between(60, 140), chance.between(80, 120), 62), fill: c, opacity: 0.7 },
      { d: curve(points), stroke: a, width: 5 },
      { d: circle(chance.between(30, 60), 58, 8), fill: b },
      { d: circle(chance.between(140, 170), 148, 8), fill: b }
    ],
    place: 'bottom'
  };
};
