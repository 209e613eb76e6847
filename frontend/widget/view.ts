/** What a visitor sees. Every text of anybody's goes in as text, never as markup. */

import { carried } from "./content";
import type { Draft, Link, Message } from "./protocol";
import { ICONS, STYLE } from "./style";

const LINKS = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;
const TEXT_LIMIT = 4000;

export interface Actions {
  write(text: string): void;
  retry(clientId: string): void;
  seen(): void;
}

export class View {
  private readonly root: ShadowRoot;
  private readonly launcher = element("button", "launcher");
  private readonly badge = element("span", "badge");
  private readonly panel = element("section", "panel");
  private readonly title = element("h2");
  private readonly banner = element("p", "banner");
  private readonly log = element("div", "log");
  private readonly empty = element("p", "empty");
  private readonly dots = element("div", "dots");
  private readonly waiting = element("div");
  private readonly draftOfOurs = element("div", "row draft");
  private readonly input = element("textarea");
  private readonly button = element("button", "send");
  private unread = 0;
  private open = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly actions: Actions,
    title: string,
  ) {
    this.root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.root.adoptedStyleSheets = [sheet];
    this.build(title);
    this.show(false);
  }

  /** Sets the accent colour of the business. */
  accent(color: string): void {
    if (CSS.supports("color", color)) this.host.style.setProperty("--accent", color);
  }

  name(title: string): void {
    this.title.textContent = title;
    this.panel.setAttribute("aria-label", title);
  }

  /** Opens or closes the panel; the focus goes where a keyboard needs it. */
  show(open: boolean, focus = false): void {
    this.open = open;
    this.panel.hidden = !open;
    this.launcher.hidden = open;
    this.host.toggleAttribute("data-open", open);
    if (open) {
      this.count(0);
      this.bottom(true);
      this.actions.seen();
    }
    if (focus) (open ? this.input : this.launcher).focus();
  }

  message(message: Message, fresh: boolean): void {
    this.empty.hidden = true;
    const stuck = this.atBottom();
    const row = this.row(message.text, message.sender === "user");
    const bubble = row.firstElementChild as HTMLElement;
    bubble.append(...carried(message, (title) => this.actions.write(title)));
    bubble.hidden = !bubble.childNodes.length;
    row.append(meta(clock(message.timestamp)));
    this.log.insertBefore(row, this.draftOfOurs);
    this.bottom(stuck);
    if (message.sender === "agent") {
      if (this.open && document.visibilityState === "visible") this.actions.seen();
      else if (fresh) this.count(this.unread + 1);
    }
  }

  drafts(drafts: Draft[]): void {
    const stuck = this.atBottom();
    this.waiting.replaceChildren(...drafts.map((draft) => this.draft(draft)));
    if (drafts.length) this.empty.hidden = true;
    this.bottom(stuck);
  }

  typing(on: boolean): void {
    const stuck = this.atBottom();
    this.dots.hidden = !on;
    this.bottom(stuck);
  }

  /** Shows an answer while it is written; the message that is committed takes its place. */
  delta(text: string, first: boolean): void {
    const stuck = this.atBottom();
    if (first) this.draftOfOurs.replaceChildren();
    if (text) {
      const written = (this.draftOfOurs.textContent ?? "") + text;
      this.draftOfOurs.replaceChildren(this.row(written, false).firstElementChild as HTMLElement);
      this.dots.hidden = true;
    }
    this.draftOfOurs.hidden = !this.draftOfOurs.childNodes.length;
    this.bottom(stuck);
  }

  link(link: Link): void {
    const texts: Partial<Record<Link, string>> = {
      offline: "No connection. Your messages wait and are sent when it is back.",
      closed: "This chat is not available here.",
    };
    this.banner.textContent = texts[link] ?? "";
    this.banner.hidden = !texts[link];
  }

  reset(): void {
    for (const row of this.log.querySelectorAll(":scope > .row")) {
      if (row !== this.waiting && row !== this.draftOfOurs) row.remove();
    }
    this.empty.hidden = false;
  }

  private build(title: string): void {
    this.name(title);
    this.launcher.append(icon("chat"), this.badge);
    this.launcher.setAttribute("aria-label", "Open the chat");
    this.launcher.addEventListener("click", () => this.show(true, true));
    const close = element("button");
    close.type = "button";
    close.append(icon("close"));
    close.setAttribute("aria-label", "Close the chat");
    close.addEventListener("click", () => this.show(false, true));
    const header = element("header");
    header.append(this.title, close);
    this.banner.setAttribute("role", "status");
    this.banner.hidden = true;
    this.log.setAttribute("role", "log");
    this.log.setAttribute("aria-live", "polite");
    this.log.tabIndex = 0;
    this.empty.textContent = "Write to us. We usually answer at once.";
    this.dots.append(element("i"), element("i"), element("i"));
    this.dots.setAttribute("aria-label", "Writing");
    this.dots.hidden = true;
    this.waiting.className = "row own waiting";
    this.draftOfOurs.setAttribute("aria-hidden", "true"); // read out once, when it is whole
    this.draftOfOurs.hidden = true;
    this.log.append(this.empty, this.draftOfOurs, this.dots, this.waiting);
    this.panel.setAttribute("role", "dialog");
    this.panel.append(header, this.banner, this.log, this.form());
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.show(false, true);
    });
    this.root.append(this.launcher, this.panel);
    this.count(0);
  }

  private form(): HTMLFormElement {
    const form = element("form");
    this.input.rows = 1;
    this.input.maxLength = TEXT_LIMIT;
    this.input.dir = "auto";
    this.input.placeholder = "Write a message";
    this.input.setAttribute("aria-label", "Message");
    this.button.append(icon("send"));
    this.button.setAttribute("aria-label", "Send");
    this.button.disabled = true;
    this.input.addEventListener("input", () => this.grow());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      if (!text) return;
      this.input.value = "";
      this.grow();
      this.actions.write(text);
      this.bottom(true);
    });
    form.append(this.input, this.button);
    return form;
  }

  private grow(): void {
    this.button.disabled = !this.input.value.trim();
    this.input.rows = Math.min(5, this.input.value.split("\n").length);
  }

  private row(text: string, own: boolean): HTMLElement {
    const row = element("div", own ? "row own" : "row");
    const bubble = element("div", "bubble");
    bubble.dir = "auto";
    bubble.append(...linked(text));
    row.append(bubble);
    return row;
  }

  private draft(draft: Draft): HTMLElement {
    const row = this.row(draft.text, true);
    if (!draft.failed) {
      row.append(meta("Sending …"));
      return row;
    }
    row.classList.add("failed");
    const line = meta(`${draft.failed} `);
    const again = element("button");
    again.type = "button";
    again.textContent = "Send again";
    again.addEventListener("click", () => this.actions.retry(draft.client_id));
    line.append(again);
    row.append(line);
    return row;
  }

  private count(unread: number): void {
    this.unread = unread;
    this.badge.textContent = unread > 9 ? "9+" : String(unread);
    this.badge.hidden = unread === 0;
    this.launcher.setAttribute("aria-label", unread ? `Open the chat, ${unread} unread` : "Open the chat");
  }

  private atBottom(): boolean {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
  }

  private bottom(stuck: boolean): void {
    if (stuck) this.log.scrollTop = this.log.scrollHeight;
  }
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, className = ""): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  return made;
}

function icon(name: keyof typeof ICONS): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.innerHTML = ICONS[name];
  return svg;
}

function meta(text: string): HTMLElement {
  const line = element("p", "meta");
  line.textContent = text;
  return line;
}

function clock(timestamp: string): string {
  return new Date(timestamp).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** The text as it is, with web addresses made links. */
function linked(text: string): (Node | string)[] {
  const pieces: (Node | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(LINKS)) {
    pieces.push(text.slice(end, match.index));
    const anchor = element("a");
    anchor.href = match[0];
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer nofollow";
    anchor.textContent = match[0];
    pieces.push(anchor);
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}
