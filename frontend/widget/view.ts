/** What a visitor sees: the launcher, and the panel with its head, the messages and what he writes. */

import { Composer, type Desk } from "./composer";
import { button, describe, element, icon, on } from "./dom";
import { type Deeds, Log } from "./log";
import type { Answer } from "./form";
import type { Link, Session } from "./protocol";
import STYLE from "../dist/style.css";
import { paint } from "./theme";
import { filled, persist, type Words } from "./words";

const RTL = ["ar"];
const SAID_MS = 100;

export interface Acts extends Desk, Deeds {
  answer: Answer;
  shown(open: boolean): void;
  sound(on: boolean): void;
}

export class View {
  readonly log: Log;
  readonly composer: Composer;
  open = false;
  private readonly _root = element("div", "fd");
  private readonly _launcher: HTMLButtonElement;
  private readonly _label = element("span");
  private readonly _badge = element("span", "badge");
  private readonly _panel = element("section", "panel");
  private readonly _face = element("span", "face");
  private readonly _title = element("h2");
  private readonly _subtitle = element("p");
  private readonly _bell: HTMLButtonElement;
  private readonly _banner = element("p", "banner");
  private readonly _said = element("div", "sr");
  private readonly _dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly _look = new CSSStyleSheet();
  private _before: HTMLFormElement | null = null;
  private _asking: Session | null = null;
  private _bare = false;

  constructor(
    private readonly _host: HTMLElement,
    private readonly _words: Words,
    language: string,
    private readonly _origin: string,
    private readonly _acts: Acts,
    kept: { text: string; sound: boolean; signal: AbortSignal },
  ) {
    this.log = new Log(this._words, language, this._acts);
    this.composer = new Composer(this._words, this._acts, kept.text);
    this._launcher = button("launcher", this._words.open, () => this.show(true, true), "chat");
    this._launcher.append(this._label, this._badge);
    this._bell = button("", this._words.sound, () => this._ring(this._bell.getAttribute("aria-pressed") !== "true"), "mute");
    this._ring(kept.sound, true);
    this._root.lang = language;
    this._root.dir = RTL.includes(language) ? "rtl" : "ltr";
    this._build();
    const shadow = this._host.attachShadow({ mode: "open" });
    this._look.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [this._look];
    shadow.append(this._root);
    on(this._dark, "change", this.theme, kept.signal);
    if (window.visualViewport) on(visualViewport as VisualViewport, "resize", this._fit, kept.signal);
    this.theme();
    this.count(0);
  }

  /** The look, from the element's attributes. */
  readonly theme = (): void => {
    const { theme = "auto", color = "#2f5bea", position, label = "", launcher } = this._host.dataset;
    const dark = theme === "dark" || (theme === "auto" && this._dark.matches);
    this._root.classList.toggle("dark", dark);
    this._root.classList.toggle("left", position ? position === "left" : this._root.dir === "rtl");
    paint(this._root, "#2f5bea", dark);
    paint(this._root, color, dark);
    this._label.textContent = label;
    this._label.hidden = !label;
    this._launcher.classList.toggle("labelled", label !== "");
    this._bare = launcher !== undefined && launcher !== "";
    this._launcher.hidden = this.open || this._bare;
  };

  name(title: string): void {
    this._title.textContent = title;
    this._face.textContent = [...title.trim()][0]?.toLocaleUpperCase() ?? "";
    describe(this._panel, { "aria-label": title });
  }

  /** Who speaks for the business: its assistant, or a person. */
  owner(owner: string, name: string): void {
    this._subtitle.textContent = owner === "human" ? name || this._words.team : this._words.ai;
  }

  /** Opens or closes the panel; the focus goes where a keyboard needs it. */
  show(open: boolean, focus = false): void {
    const changed = open !== this.open;
    this.open = open;
    this._panel.hidden = !open;
    this._launcher.hidden = open || this._bare;
    if (open) {
      this._fit();
      this.composer.grow();
      this.log.bottom(true);
    }
    if (focus && changed) this._focus();
    if (changed) this._acts.shown(open);
  }

  /** Says to those who hear the page what is new, and that alone. */
  say(text: string): void {
    // A region that has just come into being, or is hidden, is not read.
    window.setTimeout(() => this._said.replaceChildren(element("p", "", text)), SAID_MS);
  }

  link(link: Link): void {
    const text = link === "online" ? "" : this._words[link];
    this._banner.textContent = text;
    this._banner.hidden = !text;
  }

  /** Shows the form before the chat, or takes it away. */
  async session(session: Session | null): Promise<void> {
    const asks = session && (session.prechat.length > 0 || session.consent) ? session : null;
    const shown = this._asking;
    this._asking = asks;
    if (asks && shown) return; // what is typed stays
    const { form, STYLE: look } = asks ? await this._form() : { form: null, STYLE: "" };
    if (asks !== this._asking) return;
    this._before?.remove();
    this._before = asks && form ? form(asks.prechat, asks.consent, this._words, this._acts.answer) : null;
    if (this._before) {
      this._look.replaceSync(STYLE + look);
      this.log.box.before(this._before);
    }
    this.log.box.hidden = this.composer.form.hidden = this._before !== null;
    this.log.bottom(true);
    if (this.open && (asks || shown)) this._focus();
  }

  private _form(): Promise<typeof import("./form")> {
    return persist((tries) => import(`${this._origin}/webchat/form.js${tries ? `?${tries}` : ""}`) as never);
  }

  /** The number of messages that nobody has seen. */
  count(unread: number): void {
    this._badge.textContent = unread > 9 ? "9+" : String(unread);
    this._badge.hidden = unread === 0;
    const label = unread ? filled(this._words.unread, unread) : this._words.open;
    describe(this._launcher, { "aria-label": label, title: label });
  }

  private _focus(): void {
    const place = !this.open ? this._launcher : (this._before?.querySelector<HTMLElement>("input,select,button") ?? this.composer.input);
    place.focus({ preventScroll: true });
  }

  /** On a phone the panel is as high as what the keyboard leaves. */
  private readonly _fit = (): void => {
    const view = window.visualViewport;
    if (view && this.open && view.scale === 1) this._root.style.setProperty("--height", `${Math.round(view.height)}px`);
  };

  private _ring(ringing: boolean, quietly = false): void {
    describe(this._bell, { "aria-pressed": String(ringing) });
    this._bell.replaceChildren(icon(ringing ? "sound" : "mute"));
    if (!quietly) this._acts.sound(ringing);
  }

  private _build(): void {
    const who = element("div", "who");
    who.append(this._title, this._subtitle);
    describe(this._face, { "aria-hidden": "true" });
    const header = element("header");
    header.append(this._face, who, this._bell, button("", this._words.close, () => this.show(false, true), "close"));
    this._banner.hidden = true;
    for (const one of [this._banner, this._said]) describe(one, { role: "status" });
    describe(this._panel, { role: "dialog" });
    this._panel.hidden = true;
    this._panel.append(header, this._banner, this.log.box, this.composer.form);
    on<KeyboardEvent>(this._panel, "keydown", (event) => {
      event.stopPropagation(); // a page's own shortcuts are not for what is typed here
      if (event.key === "Escape") this.show(false, true);
      if (event.key === "Tab") this._turn(event);
    });
    this._root.append(this._launcher, this._panel, this._said);
  }

  /** Where the panel covers the page, the keyboard stays in it. */
  private _turn(event: KeyboardEvent): void {
    if (this._panel.clientWidth < innerWidth) return;
    const places = [...this._panel.querySelectorAll<HTMLElement>("button,a,input,select,textarea,[tabindex]")].filter(
      (one) => one.getClientRects().length && !one.matches(":disabled"),
    );
    const end = event.shiftKey ? places[0] : places[places.length - 1];
    if ((this._host.shadowRoot as ShadowRoot).activeElement !== end) return;
    event.preventDefault();
    places[event.shiftKey ? places.length - 1 : 0]?.focus();
  }
}
