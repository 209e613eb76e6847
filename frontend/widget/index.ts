/** The one line on a website: `<script src="…/webchat/widget.js" data-number="wc_…" defer></script>`. */

import { Connection } from "./connection";
import { View } from "./view";

class FrontdeskChat extends HTMLElement {
  connectedCallback(): void {
    const number = this.dataset.number ?? "";
    const connection = new Connection(this.dataset.origin ?? location.origin, number, {
      message: (message, fresh) => view.message(message, fresh),
      drafts: (drafts) => view.drafts(drafts),
      typing: (on) => view.typing(on),
      delta: (text, first) => view.delta(text, first),
      link: (link) => view.link(link),
      title: (name) => {
        if (!this.dataset.title) view.name(name);
      },
      reset: () => view.reset(),
    });
    const view = new View(
      this,
      {
        write: (text) => connection.write(text),
        retry: (clientId) => connection.retry(clientId),
        seen: () => connection.seen(),
      },
      this.dataset.title ?? "Chat",
    );
    if (this.dataset.color) view.accent(this.dataset.color);
    if (this.dataset.show === "true") view.show(true);
    connection.start();
  }
}

const script = document.currentScript as HTMLScriptElement | null;
if (script?.dataset.number && !customElements.get("frontdesk-chat")) {
  customElements.define("frontdesk-chat", FrontdeskChat);
  const place = (): void => {
    const chat = document.createElement("frontdesk-chat");
    for (const name of ["number", "title", "color", "position"]) {
      const value = script.dataset[name];
      if (value) chat.dataset[name] = value;
    }
    chat.dataset.show = script.dataset.open ?? "false";
    chat.dataset.origin = new URL(script.src).origin;
    document.body.append(chat);
  };
  const idle = (): void => {
    if ("requestIdleCallback" in window) requestIdleCallback(place, { timeout: 1000 });
    else setTimeout(place, 0);
  };
  if (document.body) idle();
  else document.addEventListener("DOMContentLoaded", idle);
}
