// Functions that make the SVG paths of a poster of 200 by 300 units.

export interface Shape {
  d: string;
  fill?: string;
  stroke?: string;
  width?: number;
  opacity?: number;
}

export type Point = readonly [x: number, y: number];

export const WIDTH = 200;
export const HEIGHT = 300;

/** Rounds to one decimal, which keeps the markup short and is finer than a screen pixel. */
export const round = (value: number) => Math.round(value * 10) / 10;

export const circle = (x: number, y: number, r: number) =>
  `M${round(x - r)} ${round(y)}a${round(r)} ${round(r)} 0 1 1 ${round(2 * r)} 0a${round(r)} ${round(r)} 0 1 1 ${round(-2 * r)} 0Z`;

export const box = (x: number, y: number, width: number, height: number) =>
  `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}Z`;

export const polygon = (points: readonly Point[]) => `M${points.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}Z`;

export const line = (points: readonly Point[]) => `M${points.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}`;

/** A smooth line: each point is the control point of a quadratic curve between the midpoints of its neighbours. */
export function curve(points: readonly Point[]): string {
  const [first] = points;
  if (!first) return '';
  let path = `M${round(first[0])} ${round(first[1])}`;
  for (let i = 1; i < points.length; i++) {
    const [x, y] = points[i] ?? first;
    const next = points[i + 1];
    const [endX, endY] = next ? [(x + next[0]) / 2, (y + next[1]) / 2] : [x, y];
    path += `Q${round(x)} ${round(y)} ${round(endX)} ${round(endY)}`;
  }
  return path;
}

/** The area under a smooth line, down to the bottom of the poster. */
export const under = (points: readonly Point[]) => `${curve(points)}V${HEIGHT}H${round(points[0]?.[0] ?? 0)}Z`;

/** A round-topped arch with its bottom at `foot`. */
export const arch = (x: number, foot: number, width: number, height: number) => {
  const r = width / 2;
  return `M${round(x - r)} ${round(foot)}v${round(-(height - r))}a${round(r)} ${round(r)} 0 0 1 ${round(width)} 0V${round(foot)}Z`;
};

/** A quarter of a disc in a square tile, its centre in corner 0-3. */
export function quarter(x: number, y: number, size: number, corner: number): string {
  const [left, top, right, bottom] = [round(x), round(y), round(x + size), round(y + size)];
  const r = round(size);
  const corners = [
    `M${left} ${top}H${right}A${r} ${r} 0 0 1 ${left} ${bottom}Z`,
    `M${right} ${top}V${bottom}A${r} ${r} 0 0 1 ${left} ${top}Z`,
    `M${right} ${bottom}H${left}A${r} ${r} 0 0 1 ${right} ${top}Z`,
    `M${left} ${bottom}V${top}A${r} ${r} 0 0 1 ${right} ${bottom}Z`
  ];
  return corners[corner % 4] ?? '';
}

/** The points of a wavy line across the poster. */
export function swell(y: number, rise: number, waves: number, phase: number): Point[] {
  const steps = waves * 4;
  return Array.from({ length: steps + 3 }, (_, i) => {
    const x = -20 + (i * (WIDTH + 40)) / (steps + 2);
    return [x, y + Math.sin(phase + (i * Math.PI) / 2) * rise] as const;
  });
}
