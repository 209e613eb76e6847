/** The API's client: typed by docs/openapi.json, signed in by the cookie, errors as ApiProblem. Nothing is ever done twice. */
import type { Delete, Get, Patch, Post, Put } from "../made/openapi";
import { ApiProblem } from "./problem";
import { basisOf, clashes, forget, inTurn, moment, momentOfSave, remember, saved, take } from "./seen";

export type { Schemas } from "../made/openapi";

type Shape = { path: unknown; query: unknown; body: unknown; answer: unknown };
/** Parts that an operation does not have can't be given; those that it needs must be. */
type Given<S extends Shape> = (S["path"] extends undefined ? { path?: undefined } : { path: S["path"] }) &
  (S["query"] extends undefined ? { query?: undefined } : Record<string, never> extends S["query"] ? { query?: S["query"] } : { query: S["query"] }) &
  (S["body"] extends undefined ? { body?: undefined } : { body: S["body"] }) &
  Options;

export interface Options {
  signal?: AbortSignal;
  /** One key for each intent of a person, so that two clicks make one thing. */
  idempotencyKey?: string;
  headers?: Record<string, string>;
}

export interface Loose extends Options {
  path?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
}

type Args<S extends Shape> = Record<string, never> extends Given<S> ? [given?: Given<S>] : [given: Given<S>];
const typed =
  <M>(method: string) =>
  <P extends keyof M & string>(path: P, ...[given]: M[P] extends Shape ? Args<M[P]> : never) =>
    call<M[P] extends Shape ? M[P]["answer"] : never>(method, path, given as Loose | undefined);

export const get = typed<Get>("GET");
export const post = typed<Post>("POST");
export const put = typed<Put>("PUT");
export const patch = typed<Patch>("PATCH");
export const del = typed<Delete>("DELETE");

/** What happens when the session is over; the session sets it. */
export const signedOut: { then: () => void } = { then: () => undefined };

/** Calls any operation, also one that the document does not have yet. Throws ApiProblem, or AbortError when aborted. */
export async function call<T>(method: string, path: string, given: Loose = {}): Promise<T> {
  const url = urlOf(path, given.path, given.query);
  if (method === "PATCH" || method === "PUT") {
    const at = momentOfSave();
    return inTurn(url, () => save(method, path, url, given, at)) as Promise<T>;
  }
  const began = moment();
  const { data, response } = await send(method, url, given);
  if (method !== "GET") forget(url);
  else if (!url.includes("?")) remember(url, response, data, began);
  return data as T;
}

/** Saves a record as it was last read here. Throws ApiProblem 412, with what it says now in `newer`, when somebody else has
 * changed the same fields since; a refused save did nothing, so one that nobody else's change concerns goes out again. */
async function save(method: string, path: string, url: string, given: Loose, at?: number): Promise<unknown> {
  let base = basisOf(path, url, at);
  for (let tries = 3; ; tries--) {
    try {
      const { data, response } = await send(method, url, given, base?.etag);
      remember(url, response, data);
      saved(url);
      forget(url, { itself: false });
      return data;
    } catch (error) {
      if (!base || !(error instanceof ApiProblem) || error.status !== 412) throw error;
      const { data, response } = await send("GET", url, { signal: given.signal });
      const newer = { url, etag: response.headers.get("ETag") ?? "", data };
      if (!tries || clashes(base.data, data, given.body)) throw new ApiProblem(412, { ...error.more, newer });
      take(newer);
      base = newer;
    }
  }
}

async function send(method: string, url: string, given: Loose, ifMatch?: string): Promise<{ data: unknown; response: Response }> {
  const headers: Record<string, string> = { Accept: "application/json", ...given.headers };
  let body: BodyInit | undefined;
  if (given.body instanceof Blob || given.body instanceof ArrayBuffer || given.body instanceof FormData) body = given.body;
  else if (given.body !== undefined) {
    body = JSON.stringify(given.body);
    headers["Content-Type"] = "application/json";
  }
  if (method === "POST") headers["Idempotency-Key"] = given.idempotencyKey ?? newKey();
  if (ifMatch) headers["If-Match"] = ifMatch;
  let response: Response;
  try {
    response = await fetch(url, { method, headers, body, signal: given.signal, credentials: "same-origin" });
  } catch (error) {
    if (given.signal?.aborted) throw error;
    throw new ApiProblem(0, {});
  }
  if (!response.ok) throw await problemOf(response, url);
  return { data: await dataOf(response), response };
}

async function dataOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const type = response.headers.get("Content-Type") ?? "";
  return type.includes("json") ? response.json() : response.blob();
}

async function problemOf(response: Response, url: string): Promise<ApiProblem> {
  const body = await response.json().catch(() => ({}));
  const problem = new ApiProblem(response.status, body as Record<string, unknown>);
  if (problem.status === 401 && url !== "/v1/sign-in") signedOut.then();
  return problem;
}

/** `/v1/agents/{id}` with its places filled in. A query value that is null or undefined is left out. */
export function urlOf(path: string, places: Record<string, string> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(places[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) search.append(name, String(one));
    else if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  return search.size ? `${filled}?${search}` : filled;
}

/** A random key; also where the page is not in a secure context. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
}
