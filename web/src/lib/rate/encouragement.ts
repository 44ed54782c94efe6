// The counts at which the encouragement changes; its texts are in text/ko.ts and text/en.ts.
const STEPS = [0, 1, 5, 10, 20, 50, 100] as const;

export function encouragementStep(rated: number): number {
  return STEPS.findLast((step) => rated >= step) ?? 0;
}
