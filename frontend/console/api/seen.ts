/** What this window last read of each record: a save says what it is based on, so that nobody overwrites what he has not seen. */

/** A record as it was read. */
export interface Seen {
  url: string;
  etag: string;
  data: unknown;
}

const MOST = 200;
const MOST_OF_ONE = 5;
/** No record is ever so: what a form is based on is not known any more, and it has to be looked at again. */
const LOST = '"lost"';
/** By address, the oldest first: a form that was opened earlier is based on what was read earlier. */
const seen = new Map<string, (Seen & { at: number })[]>();
const saving = new Map<string, Promise<unknown>>();
/** A conversation changes with each message, and what is sent to it are commands: whoever takes over means it. */
const COMMANDS = new Set(["/v1/conversations/{id}"]);
const saves = new Map<string, number>();
let reads = 0;
let basedOn: number | undefined;

/** A moment, to be given back to `asOf`. */
export const moment = (): number => reads;

/** Saves that this begins, before it first waits, are based on what had been read at that moment: whatever is loaded again
 * below an open form, nobody has seen in it. */
export function asOf<T>(at: number, work: () => T): T {
  basedOn = at;
  try {
    return work();
  } finally {
    basedOn = undefined;
  }
}

/** The moment that a save is based on; undefined for what is known when it is sent. */
export const momentOfSave = (): number | undefined => basedOn;

/** What a save is based on; nothing where the record was not read, or where it does not matter. */
export function basisOf(path: string, url: string, at = reads): Seen | undefined {
  const all = COMMANDS.has(path) ? [] : (seen.get(url) ?? []);
  const found = all.findLast((one) => one.at <= at) ?? (all.length < MOST_OF_ONE ? all[0] : { url, etag: LOST, data: undefined });
  return found?.etag ? found : undefined;
}

/** Keeps what the API just said of a record. Lists, and what has no ETag, are not kept; nor what was asked before a save that
 * is over by now, for that may be how it was. */
export function remember(url: string, response: Response, data: unknown, began = reads): void {
  if ((saves.get(url) ?? -1) > began) return;
  const etag = response.headers.get("ETag");
  if (etag && isObject(data) && !("next_cursor" in data)) take({ url, etag, data });
  else if (seen.has(url)) lose(url);
}

/** A save of it is over: answers to what was asked before are old. */
export function saved(url: string): void {
  saves.set(url, ++reads);
}

/** Until it is read again nothing is known of a record, save by a form that was open before. */
function lose(url: string): void {
  take({ url, etag: "", data: undefined });
}

/** From now on a save is based on this. */
export function take(one: Seen): void {
  if (one.etag && seen.get(one.url)?.at(-1)?.etag === one.etag) return;
  const all = [...(seen.get(one.url) ?? []), { ...one, at: ++reads }].slice(-MOST_OF_ONE);
  seen.delete(one.url);
  seen.set(one.url, all);
  if (seen.size > MOST) seen.delete(seen.keys().next().value!);
}

/** Whatever this window did to a record, or to something below it, may have changed what it says. */
export function forget(url: string, { itself = true } = {}): void {
  for (const one of [...seen.keys()]) if ((itself && url === one) || url.startsWith(`${one}/`)) lose(one);
}

/** Whether somebody else changed what a save is about to change: one of its fields, to something else than it would. */
export function clashes(before: unknown, now: unknown, body: unknown): boolean {
  if (!isObject(before) || !isObject(now) || !isObject(body)) return true;
  return Object.keys(body).some((name) => !same(now[name], before[name]) && !same(now[name], body[name]));
}

/** Saves of one record follow one another, so that two clicks in a row are no quarrel. */
export function inTurn<T>(url: string, work: () => Promise<T>): Promise<T> {
  const turn = (saving.get(url) ?? Promise.resolve()).then(work, work);
  saving.set(url, turn);
  const over = () => void (saving.get(url) === turn && saving.delete(url));
  turn.then(over, over);
  return turn;
}

export const same = (one: unknown, other: unknown): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Blob);
}
