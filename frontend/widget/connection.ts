/** The conversation with the gateway: every message once and in order, over whatever connection there is. */

import { Memory, newId } from "./memory";
import { type Draft, type Frame, type Link, type Message, type Session, socketUrl } from "./protocol";

const PING_MS = 25_000;
const SILENCE_MS = 15_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const POLL_SECONDS = 20;
const SOCKET_TRIES = 2;

export interface Listener {
  message(message: Message, fresh: boolean): void;
  drafts(drafts: Draft[]): void;
  typing(on: boolean): void;
  /** A piece of an answer that is being written; `first` begins anew, an empty piece ends it. */
  delta(text: string, first: boolean): void;
  link(link: Link): void;
  title(name: string): void;
  reset(): void;
}

export class Connection {
  private socket: WebSocket | null = null;
  private conversation = "";
  private after = 0;
  private failures = 0;
  private timer = 0;
  private heartbeat = 0;
  private lastHeard = 0;
  private polling = false;
  private stopped = false;
  private connecting = false;
  private answerDue = 0;
  private known = 0;
  private readonly sent = new Set<string>();
  private readonly memory: Memory;

  constructor(
    private readonly origin: string,
    private readonly number: string,
    private readonly listener: Listener,
  ) {
    this.memory = new Memory(number);
    const again = (): void => this.resume();
    addEventListener("online", again);
    addEventListener("offline", () => this.listener.link("offline"));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") again();
    });
  }

  /** Opens the session and the connection; shows what was written and not sent before. */
  start(): void {
    if (this.memory.title) this.listener.title(this.memory.title);
    this.listener.drafts(this.memory.drafts);
    void this.connect();
  }

  /** Writes a message. It is kept until the gateway has it, over reloads too, and never arrives twice. */
  write(text: string): void {
    this.keep([...this.memory.drafts, { client_id: newId(), text }]);
    void this.flush();
  }

  /** Sends a refused message again. */
  retry(clientId: string): void {
    this.keep(this.memory.drafts.map((draft) => (draft.client_id === clientId ? { ...draft, failed: undefined } : draft)));
    void this.flush();
  }

  /** The visitor has seen everything up to here. */
  seen(): void {
    if (this.after) this.send({ type: "seen", sequence_no: this.after });
  }

  private keep(drafts: Draft[]): void {
    this.memory.drafts = drafts;
    this.listener.drafts(drafts);
  }

  private async session(): Promise<string> {
    if (this.memory.token && this.failures < 3) return this.memory.token;
    const answer = await fetch(`${this.origin}/webchat/sessions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ number: this.number, token: this.memory.token }),
    });
    if (answer.status === 404 || answer.status === 403) this.stopped = true;
    if (!answer.ok) throw new Error(`session: ${answer.status}`);
    const session = (await answer.json()) as Session;
    this.memory.token = session.token;
    this.memory.title = session.display_name;
    this.listener.title(session.display_name);
    return session.token;
  }

  private async connect(): Promise<void> {
    if (this.stopped || this.socket || this.connecting) return;
    this.connecting = true;
    try {
      const token = await this.session();
      if (this.failures >= SOCKET_TRIES) void this.poll(token);
      this.open(token);
    } catch {
      this.later();
    } finally {
      this.connecting = false;
    }
  }

  private open(token: string): void {
    const query = `after=${this.after}&conversation_id=${encodeURIComponent(this.conversation)}`;
    const socket = new WebSocket(socketUrl(this.origin, `/webchat/ws?${query}`));
    this.socket = socket;
    this.sent.clear();
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token }));
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.lastHeard = Date.now();
      this.hear(JSON.parse(String(event.data)) as Frame);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.calm();
      if (event.code === 4401) this.failures = 3;
      if (event.code === 4404 || event.code === 4403) this.stopped = true;
      this.later();
    };
  }

  private hear(frame: Frame): void {
    if (frame.type === "ready") this.ready(frame.conversation_id, frame.last_sequence_no);
    else if (frame.type === "message") this.take(frame.conversation_id, frame.message);
    else if (frame.type === "accepted") this.settle(frame.client_id);
    else if (frame.type === "typing") this.listener.typing(frame.on);
    else if (frame.type === "delta") this.listener.delta(frame.text, frame.n === 0);
    else if (frame.type === "delta_end") this.listener.delta("", true);
    else if (frame.type === "error") this.refuse(frame);
  }

  private ready(conversation: string | null, last: number): void {
    this.failures = 0;
    this.enter(conversation ?? "");
    if (!this.after) this.known = last;
    this.listener.link("online");
    this.heartbeat = window.setInterval(() => this.beat(), PING_MS);
    void this.flush();
  }

  private enter(conversation: string): void {
    if (conversation === this.conversation) return;
    if (this.conversation) this.listener.reset();
    this.conversation = conversation;
    this.after = 0;
    this.known = 0;
  }

  private take(conversation: string, message: Message): void {
    this.enter(conversation);
    if (message.sequence_no <= this.after) return;
    if (message.sequence_no > this.after + 1) {
      this.resume(true);
      return;
    }
    this.after = message.sequence_no;
    if (message.client_id) this.settle(message.client_id);
    if (message.sender === "agent") {
      this.listener.typing(false);
      this.listener.delta("", true);
    }
    this.listener.message(message, message.sequence_no > this.known);
  }

  private settle(clientId: string): void {
    const drafts = this.memory.drafts;
    if (drafts.some((draft) => draft.client_id === clientId)) this.keep(drafts.filter((draft) => draft.client_id !== clientId));
  }

  private refuse(error: { code: string; detail: string; client_id?: string }): void {
    if (!error.client_id) return;
    this.sent.delete(error.client_id);
    if (error.code === "rate" || error.code === "away") window.setTimeout(() => void this.flush(), 2000);
    else this.fail(error.client_id, error.detail);
  }

  private fail(clientId: string, why: string): void {
    this.keep(this.memory.drafts.map((draft) => (draft.client_id === clientId ? { ...draft, failed: why } : draft)));
  }

  private async flush(): Promise<void> {
    const waiting = this.memory.drafts.filter((draft) => !draft.failed);
    if (this.socket?.readyState === WebSocket.OPEN && this.failures === 0) {
      for (const draft of waiting) {
        if (this.sent.has(draft.client_id)) continue;
        this.sent.add(draft.client_id);
        this.send({ type: "message", client_id: draft.client_id, text: draft.text });
      }
      return;
    }
    if (!this.polling || !this.memory.token) return;
    for (const draft of waiting) await this.post(draft, this.memory.token).catch(() => undefined);
  }

  private async post(draft: Draft, token: string): Promise<void> {
    const answer = await fetch(`${this.origin}/webchat/messages`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ client_id: draft.client_id, text: draft.text }),
    });
    if (answer.ok) this.settle(draft.client_id);
    else if (answer.status === 422) this.fail(draft.client_id, ((await answer.json()) as { detail: string }).detail);
  }

  /** Without a socket: ask, and be answered as soon as there is something. */
  private async poll(token: string): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    try {
      while (this.failures >= SOCKET_TRIES && !this.stopped) {
        const query = `after=${this.after}&conversation_id=${encodeURIComponent(this.conversation)}&wait=${POLL_SECONDS}`;
        const asked = fetch(`${this.origin}/webchat/messages?${query}`, { headers: { Authorization: `Bearer ${token}` } });
        await this.flush();
        const answer = await asked;
        if (!answer.ok) break;
        this.listener.link("online");
        const page = (await answer.json()) as { conversation_id: string | null; data: Message[] };
        for (const message of page.data) this.take(page.conversation_id ?? "", message);
      }
    } catch {
      this.listener.link("offline");
    } finally {
      this.polling = false;
    }
  }

  private beat(): void {
    this.send({ type: "ping" });
    const asked = Date.now();
    clearTimeout(this.answerDue);
    this.answerDue = window.setTimeout(() => {
      if (this.lastHeard < asked) this.resume(true);
    }, SILENCE_MS);
  }

  private calm(): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.answerDue);
  }

  /** Connects again at once: the network is back, the page is looked at, or something is missing. */
  private resume(anyway = false): void {
    if (this.socket?.readyState === WebSocket.OPEN && !anyway) {
      this.beat();
      return;
    }
    const former = this.socket;
    this.socket = null;
    this.calm();
    clearTimeout(this.timer);
    former?.close();
    void this.connect();
  }

  private later(): void {
    if (this.stopped) {
      this.listener.link("closed");
      return;
    }
    if (!this.polling) this.listener.link("offline");
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS);
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.connect(), pause * (0.5 + Math.random() / 2));
  }

  private send(frame: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }
}
