/** What outlives a page: kept in localStorage, or only in this page where that is not allowed. */

import type { Draft } from "./protocol";

interface Kept {
  token?: string;
  title?: string;
  drafts?: Draft[];
}

export class Memory {
  private kept: Kept = {};
  private readonly key: string;

  constructor(number: string) {
    this.key = `frontdesk:${number}`;
    try {
      this.kept = JSON.parse(localStorage.getItem(this.key) ?? "{}") as Kept;
    } catch {
      this.kept = {};
    }
  }

  get token(): string | null {
    return this.kept.token ?? null;
  }

  set token(token: string | null) {
    this.kept.token = token ?? undefined;
    this.save();
  }

  get title(): string {
    return this.kept.title ?? "";
  }

  set title(title: string) {
    this.kept.title = title;
    this.save();
  }

  get drafts(): Draft[] {
    return this.kept.drafts ?? [];
  }

  set drafts(drafts: Draft[]) {
    this.kept.drafts = drafts;
    this.save();
  }

  private save(): void {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch {
      // A page that may keep nothing still chats.
    }
  }
}

/** An id that this visitor never uses again. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
