/** Where one is: the history API below /console. Any `<a href="/console/…">` navigates without a load. */
import { batch, signal } from "@preact/signals";

const BASE = "/console";
const tops = new Map<number, number>();
let at = Number(history.state?.at ?? 0);

/** The path below /console, `/` at its root. */
export const path = signal(read());
export const query = signal(new URLSearchParams(location.search));
/** Counts navigations; 0 is the page that was loaded. A new heading takes the focus when it is more. */
export const navigations = signal(0);

function read(): string {
  return location.pathname.slice(BASE.length).replace(/\/+$/, "") || "/";
}

/** The address of a page, for `href`. */
export function to(page: string): string {
  return page === "/" ? BASE : BASE + page;
}

/** Where one is, with the query, below /console. */
export function currentUrl(): string {
  return path.value + location.search;
}

/** Goes to a page, e.g. `/inbox/cnv_1?tab=open`. */
export function navigate(page: string, { replace = false }: { replace?: boolean } = {}): void {
  tops.set(at, scrollY);
  if (replace) history.replaceState({ at }, "", to(page));
  else history.pushState({ at: ++at }, "", to(page));
  moved();
  scrollTo(0, 0);
}

/** Changes parts of the query and nothing else; null takes a part away. */
export function setQuery(change: Record<string, string | null>): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(change)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  history.replaceState(history.state, "", location.pathname + (next.size ? `?${next}` : ""));
  query.value = next;
}

function moved(): void {
  batch(() => {
    path.value = read();
    query.value = new URLSearchParams(location.search);
    navigations.value += 1;
  });
}

/** Scrolls to where one was, as soon as the page is long enough for it. */
function restore(top: number, patience = 60): void {
  scrollTo(0, top);
  if (patience && scrollY < top) requestAnimationFrame(() => restore(top, patience - 1));
}

export function startRouter(): void {
  history.scrollRestoration = "manual";
  history.replaceState({ at }, "");
  addEventListener("popstate", (event) => {
    tops.set(at, scrollY);
    at = Number(event.state?.at ?? 0);
    moved();
    restore(tops.get(at) ?? 0);
  });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a[href]") as HTMLAnchorElement | null;
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const ours = link.origin === location.origin && (link.pathname === BASE || link.pathname.startsWith(`${BASE}/`));
    if (!ours || link.target || link.hasAttribute("download")) return;
    event.preventDefault();
    navigate(link.pathname.slice(BASE.length) + link.search || "/");
  });
}
