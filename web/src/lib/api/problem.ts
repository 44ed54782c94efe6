// The error type of all calls to the gateway; screens show it.

export type Code =
  'INVALID' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'CONFLICT' | 'UNAVAILABLE' | 'TOO_MANY' | 'INTERNAL' | 'NETWORK';

export interface FieldProblem {
  field: string;
  detail: string;
  /** For an uploaded file: the machine-readable reason, and the file within the archive with its line. */
  reason?: string;
  kind?: string;
  at?: string;
}

export class Problem extends Error {
  constructor(
    readonly code: Code,
    message: string,
    /** The id of the request's trace. */
    readonly traceId: string | null = null,
    readonly fields: FieldProblem[] = []
  ) {
    super(message);
    this.name = 'Problem';
  }
}

/** An `application/problem+json` answer as a Problem. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as {
    title?: string;
    detail?: string;
    trace_id?: string;
    errors?: FieldProblem[];
  };
  const message = body.detail ?? body.title ?? response.statusText;
  return new Problem(codeOf(response.status), message, body.trace_id ?? null, body.errors ?? []);
}

function codeOf(status: number): Code {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 409) return 'CONFLICT';
  if (status === 429) return 'TOO_MANY';
  if (status === 502 || status === 503 || status === 504) return 'UNAVAILABLE';
  return status < 500 ? 'INVALID' : 'INTERNAL';
}

/** Calls `fetch`. A network failure is thrown as a Problem; an AbortError is passed on as it is. */
export async function reach(input: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(input, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem('NETWORK', 'the server cannot be reached');
  }
}
