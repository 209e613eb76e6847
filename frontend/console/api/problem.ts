import type { Seen } from "./seen";

/** An error as the API tells it (RFC 9457). `fields` names each wrong field of a request. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly fields: Record<string, string>;
  readonly request_id: string;
  /** What the problem says besides, e.g. `totp_required`. */
  readonly more: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(String(body.detail ?? body.title ?? status));
    this.name = "ApiProblem";
    this.status = status;
    this.title = String(body.title ?? "");
    this.detail = String(body.detail ?? "");
    this.request_id = String(body.request_id ?? "");
    this.fields = fieldsOf(body.fields);
    this.more = body;
  }

  /** What a record says now, when a save came too late. */
  get newer(): Seen | undefined {
    return this.more.newer as Seen | undefined;
  }

  /** The gateway could not be reached at all. */
  get offline(): boolean {
    return this.status === 0;
  }
}

/** `[{field, problem}]` as one sentence for each field; the name of a nested field is joined with dots. */
function fieldsOf(list: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const one of Array.isArray(list) ? list : []) {
    const name = String(one?.field ?? "");
    if (name) fields[name] ??= sentence(String(one?.problem ?? ""));
  }
  return fields;
}

function sentence(text: string): string {
  const bare = text.replace(/^Value error, /, "");
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}
