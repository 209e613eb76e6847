/** The messages, as they stand in the panel. Every text of anybody's goes in as text, never as markup. */

import { button, describe, element, icon, on } from "./dom";
import type { Draft, Message, Option } from "./protocol";
import { link, marked, plain } from "./text";
import type { Words } from "./words";

const JOINED_MS = 5 * 60_000;
const TYPING_MS = 30_000; // whoever goes without a word no longer writes
const FEW = 4;

export interface Deeds {
  pick(title: string): void;
  retry(id: string): void;
  discard(id: string): void;
}

export class Log {
  readonly box = element("div", "body");
  private readonly _list = element("div", "log");
  private readonly _rows = element("div", "rows");
  private readonly _empty = element("p", "empty");
  private readonly _dots = element("div", "dots");
  private readonly _streamed = element("div", "row draft");
  private readonly _waiting = element("div", "row own waiting");
  private readonly _state = element("p", "meta");
  private readonly _newer: HTMLButtonElement;
  private _last: { message: Message; row: HTMLElement } | null = null;
  private _day = "";
  private _written = "";
  private _doubt = 0;
  private _lastOwn = 0;
  private _readUpTo = 0;

  constructor(
    private readonly _words: Words,
    private readonly _language: string,
    private readonly _deeds: Deeds,
  ) {
    this._list.tabIndex = 0;
    // What is new is said by a region of its own.
    describe(this._list, { role: "log", "aria-live": "off", "aria-label": this._words.title });
    this._dots.append(element("i"), element("i"), element("i"));
    describe(this._dots, { role: "img", "aria-label": this._words.writing });
    describe(this._streamed, { "aria-hidden": "true" }); // read out once, when it is whole
    this._newer = button("newer", this._words.newer, () => this.bottom(true));
    this._newer.append(icon("down"));
    this._list.append(this._empty, this._rows, this._streamed, this._dots, this._state, this._waiting);
    on(this._list, "scroll", () => void (this._low() && (this._newer.hidden = true)));
    this.box.append(this._list, this._newer);
    this.clear();
  }

  greet(text: string): void {
    this._empty.textContent = text;
  }

  message(message: Message): void {
    const low = this._low();
    const own = message.sender === "user";
    const row = this._row(own, own ? plain(message.text) : marked(message.text), message.media.map(file), this._carried(message));
    const time = element("time", "", this._clock(message.timestamp));
    time.dateTime = message.timestamp;
    row.append(time);
    this._headed(message, row);
    this._rows.append(row);
    this._last = { message, row };
    if (own) {
      this._lastOwn = message.sequence_no;
      this._close(message.text);
    }
    this._mark();
    this._empty.hidden = true;
    this.bottom(low || own);
  }

  drafts(drafts: Draft[]): void {
    const low = this._low();
    this._waiting.replaceChildren(...drafts.map((draft) => this._draft(draft)));
    this._waiting.hidden = !drafts.length;
    if (drafts.length) {
      this._empty.hidden = true;
      this._close("");
    }
    this._mark();
    this.bottom(low);
  }

  typing(on: boolean): void {
    const low = this._low();
    clearTimeout(this._doubt);
    if (on) this._doubt = window.setTimeout(() => this.typing(false), TYPING_MS);
    this._dots.hidden = !on || this._written !== "";
    this.bottom(low);
  }

  /** Shows an answer while it is written; the message that is committed takes its place. */
  delta(text: string, first: boolean): void {
    const low = this._low();
    this._written = first ? text : this._written + text;
    this._streamed.hidden = !this._written;
    if (this._written) {
      const bubble = element("div", "bubble");
      bubble.dir = "auto";
      bubble.append(...marked(this._written));
      this._streamed.replaceChildren(bubble);
      this._dots.hidden = true;
    }
    this.bottom(low);
  }

  read(upTo: number): void {
    this._readUpTo = upTo;
    this._mark();
  }

  clear(): void {
    this._rows.replaceChildren();
    this._last = null;
    this._day = "";
    this._lastOwn = this._readUpTo = 0;
    this.delta("", true);
    this._dots.hidden = this._newer.hidden = true;
    this._empty.hidden = this._waiting.childElementCount > 0;
    this._mark();
  }

  /** To the newest message, if that is where the reader is. */
  bottom(low: boolean): void {
    if (low) this._list.scrollTop = this._list.scrollHeight;
    this._newer.hidden = low || this._low();
  }

  private _low(): boolean {
    return this._list.scrollHeight - this._list.scrollTop - this._list.clientHeight < 80;
  }

  /** What stands above a message: the day, and who speaks, where that changes. */
  private _headed(message: Message, row: HTMLElement): void {
    const date = new Date(message.timestamp);
    const former = this._last?.message;
    if (date.toDateString() !== this._day) {
      this._day = date.toDateString();
      this._rows.append(element("p", "day", this._dated(date)));
    } else if (former?.author === message.author && +date - Date.parse(former.timestamp) < JOINED_MS) {
      this._last?.row.classList.add("joined");
      return;
    }
    const name = message.author === "human" ? this._words.team : message.author === "ai" ? this._words.ai : "";
    if (name && former?.author !== message.author) row.prepend(element("p", "name", name));
  }

  /** How far the visitor's last message is, until it is answered. */
  private _mark(): void {
    const shown = this._lastOwn > 0 && this._last?.message.sender === "user" && !this._waiting.childElementCount;
    this._state.textContent = this._readUpTo >= this._lastOwn ? this._words.seen : this._words.sent;
    this._state.hidden = !shown;
    this._state.className = "meta row own";
  }

  private _row(own: boolean, ...groups: Node[][]): HTMLElement {
    const row = element("div", own ? "row own" : "row");
    const bubble = element("div", "bubble");
    bubble.dir = "auto";
    const [said = [], files = [], below = []] = groups;
    bubble.append(...said, ...files);
    bubble.hidden = !bubble.textContent && !bubble.querySelector("img,a");
    row.append(bubble, ...below);
    return row;
  }

  private _carried(message: Message): Node[] {
    const { options = [], url, title, filename } = message.content ?? {};
    if (message.kind === "choices") return [this._choices(options)];
    if (!url) return [];
    const bubble = element("div", "bubble");
    bubble.append(file({ kind: message.kind, url, filename: title || filename || url }));
    return [bubble];
  }

  private _choices(options: Option[]): Node {
    const long = options.length > FEW || options.some((one) => one.description);
    const box = element("div", long ? "choices list" : "choices");
    describe(box, { role: "group" });
    for (const option of options) {
      const one = button("", option.title, () => this._deeds.pick(option.title));
      one.dir = "auto";
      if (option.description) one.append(element("small", "", option.description));
      one.dataset.title = option.title;
      box.append(one);
    }
    return box;
  }

  /** What was offered before the visitor spoke is no longer to be tapped. */
  private _close(said: string): void {
    for (const one of this._list.querySelectorAll<HTMLButtonElement>(".choices button")) {
      one.disabled = true;
      if (said && one.dataset.title === said) one.classList.add("picked");
    }
  }

  private _draft(draft: Draft): HTMLElement {
    const files = (draft.names ?? []).map((name) => file({ kind: "", url: null, filename: name }));
    const row = this._row(true, plain(draft.text), files);
    const line = element("p", "meta", draft.failed === undefined ? this._words.sending : `${draft.failed || this._words.refused} `);
    row.append(line);
    if (draft.failed === undefined) return row;
    row.classList.add("failed");
    line.append(
      button("", this._words.again, () => this._deeds.retry(draft.client_id)),
      button("", this._words.discard, () => this._deeds.discard(draft.client_id)),
    );
    return row;
  }

  private _clock(timestamp: string): string {
    return new Date(timestamp).toLocaleTimeString(this._language, { hour: "numeric", minute: "2-digit" });
  }

  private _dated(date: Date): string {
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);
    if (days < 2) return new Intl.RelativeTimeFormat(this._language, { numeric: "auto" }).format(-days, "day");
    return date.toLocaleDateString(this._language, { weekday: "long", day: "numeric", month: "long" });
  }
}

/** A file or a link: a picture where it is one, else a line to open. */
function file({ kind, url, filename }: { kind: string; url: string | null; filename: string }): Node {
  const anchor = url && link(url, "");
  const shown = anchor || element("span");
  shown.className = "file";
  if (anchor && (kind === "image" || kind === "sticker")) {
    const image = element("img");
    image.src = anchor.href;
    image.alt = filename || kind;
    image.loading = "lazy";
    shown.append(image);
  } else {
    if (kind !== "link") shown.append(icon("file"));
    shown.append(filename || kind);
  }
  return shown;
}
