/** What outlives a page: kept by the browser, or only in this page where that is not allowed. No cookies. */

import type { Draft } from "./protocol";

interface Kept {
  token?: string;
  expires?: number;
  visitor?: string;
  signed?: boolean;
  title?: string;
  /** The form before the chat was not answered yet. */
  asked?: boolean;
  files?: boolean;
  conversation?: string;
  seen?: number;
  sound?: boolean;
}

class Area {
  private readonly _here = new Map<string, string>();

  constructor(private readonly _storage: () => Storage) {}

  get(key: string): string | null {
    const here = this._here.get(key);
    if (here !== undefined) return here;
    try {
      return this._storage().getItem(key);
    } catch {
      return null;
    }
  }

  set(key: string, value: string): void {
    try {
      this._storage().setItem(key, value);
      this._here.delete(key);
    } catch {
      this._here.set(key, value);
    }
  }

  drop(key: string): void {
    this._here.delete(key);
    try {
      this._storage().removeItem(key);
    } catch {
      // Nothing was kept there.
    }
  }

  keys(prefix: string): string[] {
    try {
      return Object.keys(this._storage()).filter((key) => key.startsWith(prefix));
    } catch {
      return [...this._here.keys()].filter((key) => key.startsWith(prefix));
    }
  }
}

export class Memory {
  drafts: Draft[];
  readonly key: string;
  private readonly _shared = new Area(() => localStorage);
  private readonly _tab = new Area(() => sessionStorage);

  constructor(number: string) {
    this.key = `frontdesk:${number}`;
    // Those of closed tabs too: two that send the same message send it once, by its id.
    this.drafts = this._shared.keys(this._out("")).sort().map((key) => parsed<Draft>(this._shared.get(key)));
    this.drafts = this.drafts.filter((draft) => draft.client_id);
  }

  get kept(): Kept {
    return parsed<Kept>(this._shared.get(this.key));
  }

  /** Changes some of what is kept; the rest stays as another tab may have left it. */
  keep(change: Kept): void {
    this._shared.set(this.key, JSON.stringify({ ...this.kept, ...change }));
  }

  keepDraft(draft: Draft): void {
    const known = this.drafts.some((one) => one.client_id === draft.client_id);
    this.drafts = known ? this.drafts.map((one) => (one.client_id === draft.client_id ? draft : one)) : [...this.drafts, draft];
    this._shared.set(this._out(draft.client_id), JSON.stringify(draft));
  }

  dropDraft(id: string): void {
    this.drafts = this.drafts.filter((draft) => draft.client_id !== id);
    this._shared.drop(this._out(id));
  }

  /** What this tab alone remembers: the text that is being written, and whether the panel is open. */
  ofTab(name: string, value?: string): string {
    if (value !== undefined) this._tab.set(`${this.key}:${name}`, value);
    return this._tab.get(`${this.key}:${name}`) ?? "";
  }

  /** Forgets the visitor. */
  clear(): void {
    for (const draft of this.drafts) this.dropDraft(draft.client_id);
    this._shared.drop(this.key);
    this.ofTab("text", "");
    this.ofTab("open", "");
  }

  private _out(id: string): string {
    return `${this.key}:out:${id}`;
  }
}

/** An id that this visitor never uses again; a later one sorts behind an earlier one. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  last = Math.max(last + 1, Date.now());
  return last.toString(36).padStart(9, "0") + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let last = 0;

function parsed<Shape extends object>(text: string | null): Shape {
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    return (found && typeof found === "object" ? found : {}) as Shape;
  } catch {
    return {} as Shape;
  }
}
