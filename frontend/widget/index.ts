/** The one line on a website: `<script src="…/webchat/widget.js" data-number="wc_…" async></script>`. */

import { FrontdeskChat } from "./chat";

type Call = [name: string, ...given: unknown[]];
type Heard = (detail?: unknown) => void;

const TAG = "frontdesk-chat";
const PATIENCE_MS = 2000;

/** `window.Frontdesk`: docs/widget.md. What is called before the chat is there waits for it. */
class Frontdesk {
  private _chat: FrontdeskChat | null = null;
  private _waiting: (() => void)[] | null = [];
  private readonly _heard: [string, Heard][] = [];

  /** Calls that a page made before the script was there, and may go on to make in the same way. */
  readonly q = { push: (...calls: Call[]): void => calls.forEach((call) => this._call(call)) };

  open = (): void => this._then((chat) => chat.view.show(true, true));
  close = (): void => this._then((chat) => chat.view.show(false, true));
  send = (text: string): void => this._then((chat) => text.trim() && chat.connection.write(text.trim()));

  identify = (token: string): Promise<void> =>
    new Promise((done, failed) => this._then((chat) => chat.connection.identify(token).then(done, failed)));

  on = (event: string, act: Heard): (() => void) => {
    const entry: [string, Heard] = [event, act];
    this._heard.push(entry);
    if (event === "ready" && !this._waiting) act();
    return () => void this._heard.splice(this._heard.indexOf(entry), 1);
  };

  shutdown = (): void => this._then((chat) => {
    this._chat = null;
    this._waiting = [];
    chat.end();
  });

  /** Puts the chat on the page, by the same names as the script's attributes. */
  start = (given: Record<string, string>): void => {
    if (this._chat?.isConnected) return;
    const chat = this._chat ?? (document.createElement(TAG) as FrontdeskChat);
    Object.assign(chat.dataset, given);
    this._chat = chat;
    document.body.append(chat);
  };

  tell = (event: string, detail?: unknown): void => {
    const calls = event === "ready" ? (this._waiting ?? []) : [];
    if (event === "ready") {
      this._chat ??= document.querySelector<FrontdeskChat>(TAG);
      this._waiting = null;
    }
    for (const [name, act] of [...this._heard]) {
      if (name !== event) continue;
      try {
        act(detail);
      } catch (error) {
        console.error(error); // the page's own mistake, told to the page
      }
    }
    for (const call of calls) call();
  };

  private _call([name, ...given]: Call): void {
    const act = (this as unknown as Record<string, unknown>)[name];
    if (typeof act === "function") void (act as (...given: unknown[]) => unknown)(...given);
  }

  private _then(act: (chat: FrontdeskChat) => unknown): void {
    const now = (): void => void (this._chat && act(this._chat));
    if (this._waiting) this._waiting.push(now);
    else now();
  }
}

function begin(): void {
  const page = window as unknown as { Frontdesk?: Frontdesk | { q?: Call[] } };
  const script = (document.currentScript ?? document.querySelector("script[src*='/webchat/widget.js'][data-number]")) as HTMLScriptElement | null;
  const former = page.Frontdesk;
  const api = former instanceof Object && "tell" in former ? former : new Frontdesk();
  if (api !== former) {
    if (customElements.get(TAG)) return;
    page.Frontdesk = api;
    if (script) FrontdeskChat.origin = new URL(script.src).origin;
    FrontdeskChat.tell = api.tell;
    customElements.define(TAG, FrontdeskChat);
    for (const call of (former as { q?: Call[] } | undefined)?.q ?? []) api.q.push(call);
  }
  const { open, ...given } = { ...script?.dataset };
  if (!given.number) return;
  const place = (): void => api.start({ ...given, ...(open && { show: open }) } as Record<string, string>);
  const idle = (): void => void ("requestIdleCallback" in window ? requestIdleCallback(place, { timeout: PATIENCE_MS }) : setTimeout(place, 1));
  if (document.body) idle();
  else document.addEventListener("DOMContentLoaded", idle);
}

begin();
