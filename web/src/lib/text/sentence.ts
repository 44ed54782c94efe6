import { Problem, type FieldProblem } from '$lib/api/problem';
import type { Messages } from './ko';

/** What went wrong, in the reader's language: what the server says of it is for programs, in English. */
export function sentenceOf(cause: unknown, { error }: Messages): string {
  const code = cause instanceof Problem ? cause.code : 'INTERNAL';
  if (code === 'NETWORK') return error.network;
  if (code === 'TOO_MANY') return error.tooMany;
  if (code === 'UNAVAILABLE') return error.unavailable;
  return error.generalText;
}

/** Why a file is refused, and where in it; null: it is not the file. */
export function refusalOf(fields: readonly FieldProblem[], { imports }: Messages): string | null {
  const found = fields.find(({ reason }) => reason !== undefined && reason in imports.refused);
  if (!found?.reason) return null;
  const [, file, line] = /^(.*?)(?::(\d+))?$/.exec(found.at ?? '') ?? [];
  const place = [file, line && imports.line(Number(line))].filter(Boolean).join(', ');
  return `${imports.refused[found.reason]}${place ? ` (${place})` : ''}`;
}
