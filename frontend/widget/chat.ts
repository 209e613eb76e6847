/** The custom element: one chat on a page. It lives as long as the page, whatever the page does to its nodes. */

import { Connection } from "./connection";
import { on } from "./dom";
import { Memory } from "./memory";
import { type Message, Refusal } from "./protocol";
import { chime } from "./sound";
import { upload } from "./uploads";
import { View } from "./view";
import { language, words } from "./words";

const WIDE = 480;

export type Tell = (event: string, detail?: unknown) => void;

export class FrontdeskChat extends HTMLElement {
  static readonly observedAttributes = ["color", "theme", "position", "label", "launcher", "title"].map((name) => `data-${name}`);
  static origin = location.origin;
  static tell: Tell = () => undefined;
  connection!: Connection;
  view!: View;
  private _memory!: Memory;
  private _begun = false;
  private _ended = false;
  private readonly _gone = new AbortController();
  private _unread = 0;
  private _visitor = "";

  connectedCallback(): void {
    if (this._begun) return;
    this._begun = true;
    void this._begin();
  }

  disconnectedCallback(): void {
    // A page that exchanges its body takes no chat away; `shutdown` does.
    setTimeout(() => {
      if (!this._ended && !this.isConnected) document.body?.append(this);
    });
  }

  attributeChangedCallback(): void {
    this.view?.theme();
    if (this.view && this.dataset.title) this.view.name(this.dataset.title);
  }

  /** Takes the chat from the page and forgets the visitor on this device. */
  end(): void {
    this._ended = true;
    this.connection?.stop();
    this._memory?.clear();
    this._gone.abort();
    this._count(0);
    this.remove();
  }

  private async _begin(): Promise<void> {
    const origin = this.dataset.origin ?? FrontdeskChat.origin;
    const number = this.dataset.number ?? "";
    const spoken = language(this.dataset.language ?? "");
    const said = await words(origin, spoken);
    if (this._ended) return;
    this._memory = new Memory(number);
    const { kept } = this._memory;
    this._visitor = kept.visitor ?? "";
    this.view = new View(this, said, spoken, origin, this._acts(origin), {
      text: this._memory.ofTab("text"),
      sound: kept.sound ?? false,
      signal: this._gone.signal,
    });
    this.view.name(this.dataset.title || kept.title || said.title);
    this.view.owner("", "");
    this.view.log.greet(this.dataset.greeting || said.empty);
    this.view.composer.files(kept.files ?? false);
    this.connection = new Connection(origin, number, this._memory, this._listener());
    const { signal } = this._gone;
    on<StorageEvent>(window, "storage", this._other, signal);
    on(document, "visibilitychange", this._look, signal);
    on(document, "click", this._tapped, signal);
    if ((kept.token && kept.conversation) || this._memory.drafts.length) this.connection.start();
    const again = this._memory.ofTab("open");
    if (again ? again === "1" && innerWidth > WIDE : this.dataset.show === "true") this.view.show(true);
    FrontdeskChat.tell("ready");
  }

  private _acts(origin: string): ConstructorParameters<typeof View>[4] {
    return {
      write: (text, uploads, names) => this.connection.write(text, uploads, names),
      upload: (file, changed) => upload(origin, () => this.connection.visitor.token(), file, changed),
      typing: (on) => this.connection.typing(on),
      remember: (text) => void this._memory.ofTab("text", text),
      pick: (title) => {
        this.connection.write(title);
        this.view.composer.input.focus();
      },
      retry: (id) => this.connection.retry(id),
      discard: (id) => this.connection.discard(id),
      answer: async (fields, consent) => {
        try {
          await this.connection.answer(fields, consent);
        } catch (error) {
          if (error instanceof Refusal && error.fields.length) return error.fields;
          this.view.link("offline");
        }
        return [];
      },
      sound: (on) => {
        this._memory.keep({ sound: on });
        if (on) chime();
      },
      shown: (open) => {
        this._memory.ofTab("open", open ? "1" : "0");
        if (open) this.connection.start();
        this._look();
        FrontdeskChat.tell(open ? "open" : "close");
      },
    };
  }

  private _listener(): ConstructorParameters<typeof Connection>[3] {
    const { view } = this;
    return {
      message: (message, fresh) => this._message(message, fresh),
      drafts: (drafts) => view.log.drafts(drafts),
      typing: (on) => view.log.typing(on),
      delta: (text, first) => view.log.delta(text, first),
      read: (upTo) => view.log.read(upTo),
      owner: (owner, name) => view.owner(owner, name),
      link: (link) => view.link(link),
      session: (session) => {
        this._visitor = session.visitor;
        if (!this.dataset.title) view.name(session.display_name);
        view.composer.files(session.files);
        void view.session(session);
      },
      entered: (conversation, known) => {
        // What a visitor finds on a device that knows nothing of it yet is not news.
        if (this._memory.kept.conversation !== conversation) this._memory.keep({ conversation, seen: known });
      },
      reset: () => {
        view.log.clear();
        this._count(0);
      },
      failed: (code) => FrontdeskChat.tell("error", { code }),
    };
  }

  private _message(message: Message, fresh: boolean): void {
    this.view.log.message(message);
    if (fresh) FrontdeskChat.tell("message", message);
    if (message.sender !== "agent") return;
    const { seen = 0, sound } = this._memory.kept;
    const looking = this.view.open && document.visibilityState === "visible";
    if (looking) this._look();
    else if (message.sequence_no > seen) this._count(this._unread + 1);
    if (!fresh) return;
    const options = (message.content?.options ?? []).map((option) => option.title);
    this.view.say([message.text, ...options, ...message.media.map((file) => file.filename)].filter(Boolean).join(". "));
    if (sound && !looking) chime();
  }

  /** Whoever looks at the open panel has seen what is in it. */
  private readonly _look = (): void => {
    if (!this.view.open || document.visibilityState !== "visible") return;
    const last = this.connection.last;
    if (last > (this._memory.kept.seen ?? 0)) this._memory.keep({ seen: last });
    this.connection.seen();
    this._count(0);
  };

  private _count(unread: number): void {
    if (unread === this._unread) return;
    this._unread = unread;
    this.view.count(unread);
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = unread ? `(${unread}) ${title}` : title;
    FrontdeskChat.tell("unread", unread);
  }

  /** Another tab has seen everything, signed in or out, or answered the form. */
  private readonly _other = (event: StorageEvent): void => {
    if (event.key !== this._memory.key && event.key !== null) return;
    const { visitor = "", seen = 0, asked } = this._memory.kept;
    if (seen >= this.connection.last) this._count(0);
    const stranger = visitor !== this._visitor;
    if (!asked) void this.view.session(null);
    if (!stranger && asked === this._asked) return;
    this._visitor = visitor;
    this._asked = asked;
    this.connection.reread(stranger);
  };

  private _asked: boolean | undefined;

  /** The page's own button, where there is one. */
  private readonly _tapped = (event: Event): void => {
    const { launcher = "none" } = this.dataset;
    if (launcher === "none" || !(event.target instanceof Element)) return;
    try {
      if (event.target.closest(launcher)) this.view.show(!this.view.open, true);
    } catch {
      // That is no selector.
    }
  };
}
