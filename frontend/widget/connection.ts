/** The conversation with the gateway: every message once and in order, over whatever connection there is. */

import { on } from "./dom";
import { type Memory, newId } from "./memory";
import { ask, type Draft, type Frame, type Link, type Listener, type Message, Refusal } from "./protocol";
import { Visitor } from "./session";

const PING_MS = 25_000;
const SILENCE_MS = 15_000;
const READY_MS = 8_000;
const ANSWER_MS = 12_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const TYPING_MS = 3_000;
const SHOWN_MS = 1_000;
const POLL_SECONDS = 20;

export class Connection {
  readonly visitor: Visitor;
  private _socket: WebSocket | null = null;
  private _greeted = false;
  private _conversation = "";
  private _after = 0;
  private _known = 0;
  private _failures = 0;
  private _timer = 0;
  private _heartbeat = 0;
  private _answerDue = 0;
  private _acceptDue = 0;
  private _lastHeard = 0;
  private _wrote = 0;
  private _sending = "";
  private _polling = false;
  private _connecting = false;
  private _begun = false;
  private _over: Link | "" = "";
  private _formOpen = false;
  private readonly _ended = new AbortController();

  constructor(
    private readonly _origin: string,
    number: string,
    private readonly _memory: Memory,
    private readonly _listener: Listener,
  ) {
    this.visitor = new Visitor(this._origin, number, this._memory, (session, other) => {
      this._formOpen = session.prechat.length > 0 || Boolean(session.consent);
      if (other) this._leave();
      this._listener.drafts(this._memory.drafts);
      this._listener.session(session);
    });
    const { signal } = this._ended;
    const wake = (): void => void (document.visibilityState === "visible" && this._resume());
    on(window, "online pageshow", wake, signal);
    on(document, "visibilitychange", wake, signal);
    on(window, "offline", () => _listener.link("offline"), signal);
    // The page's policy allows no sockets: the console need not hear of it again and again.
    on<SecurityPolicyViolationEvent>(document, "securitypolicyviolation", (event) => {
      if (event.blockedURI.startsWith(this._address)) this._memory.ofTab("barred", "1");
    }, signal);
    // A page with an open socket can't be kept for the way back.
    on(window, "pagehide", () => this._hangUp(), signal);
    this._listener.drafts(this._memory.drafts);
  }

  /** Opens the session and the connection. */
  start(): void {
    if (this._begun) return;
    this._begun = true;
    void this._connect();
  }

  /** Ends everything, for good. */
  stop(): void {
    this._over = "closed";
    this._ended.abort();
    this._hangUp();
  }

  /** Writes a message. It is kept until the gateway has it, over reloads too, and never arrives twice. */
  write(text: string, uploads: string[] = [], names: string[] = []): void {
    this._keep({ client_id: newId(), text, ...(uploads.length && { uploads, names }) });
    this._wrote = 0;
    this.start();
    this._flush();
  }

  /** Sends a refused message again. */
  retry(id: string): void {
    const draft = this._memory.drafts.find((one) => one.client_id === id);
    if (draft) this._keep({ ...draft, failed: undefined });
    this._flush();
  }

  /** Forgets a refused message. */
  discard(id: string): void {
    this._memory.dropDraft(id);
    this._listener.drafts(this._memory.drafts);
  }

  /** The website says who the visitor is. Raises Refusal. */
  async identify(identity: string): Promise<void> {
    await this.visitor.open({ identity });
    this._over = "";
    this._begun = true;
    this._resume(true);
  }

  /** What the visitor answered before the chat. Raises Refusal. */
  async answer(fields: Record<string, string>, consent: boolean): Promise<void> {
    await this.visitor.open({ fields, ...(consent && { consent }) });
    this._resume(true);
  }

  /** Another tab has changed who the visitor is, or answered for him. */
  reread(other: boolean): void {
    this._formOpen = Boolean(this._memory.kept.asked);
    if (other) this._leave();
    this._begun &&= Boolean(this._memory.kept.token); // who has signed out there is nobody here until he writes
    if (this._begun) this._resume(true);
  }

  /** The number of the last message that is shown. */
  get last(): number {
    return this._after;
  }

  /** The visitor has seen everything up to here. */
  seen(): void {
    if (this._after) this._send({ type: "seen", sequence_no: this._after });
  }

  /** The visitor writes, or has stopped. */
  typing(on: boolean): void {
    const now = Date.now();
    if (on ? now - this._wrote < TYPING_MS : !this._wrote) return;
    this._wrote = on ? now : 0;
    this._send({ type: "typing", on });
  }

  private _keep(draft: Draft): void {
    this._memory.keepDraft(draft);
    this._listener.drafts(this._memory.drafts);
  }

  private async _connect(): Promise<void> {
    if (!this._begun || this._over || this._socket || this._connecting) return;
    this._connecting = true;
    try {
      const token = await this.visitor.token();
      const barred = this._memory.ofTab("barred");
      if (barred && !this._polling) void this._poll(token).then(() => this._later());
      else if (this._failures) void this._poll(token);
      if (!barred) this._open(token);
    } catch (error) {
      this._judge(error);
      this._later();
    } finally {
      this._connecting = false;
    }
  }

  /** Whether an answer means that it is of no use to try again. */
  private _judge(error: unknown): void {
    const status = error instanceof Refusal ? error.status : 0;
    if (status === 401) this._over = "signin";
    if (status === 403 || status === 404) this._over = "closed";
    if (status) this._listener.failed(String(status));
  }

  private _open(token: string): void {
    const query = `after=${this._after}&conversation_id=${encodeURIComponent(this._conversation)}`;
    const socket = new WebSocket(`${this._address}/webchat/ws?${query}`);
    this._socket = socket;
    this._greeted = false;
    this._answerDue = window.setTimeout(() => this._resume(true, true), READY_MS); // a proxy that takes it and says nothing
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token }));
    socket.onmessage = (event) => {
      if (this._socket !== socket) return;
      this._lastHeard = Date.now();
      this._hear(JSON.parse(String(event.data)) as Frame);
    };
    socket.onclose = (event) => {
      if (this._socket !== socket) return;
      this._hangUp();
      if (event.code === 4401) this.visitor.drop(token);
      if (event.code === 4404 || event.code === 4403) this._over = "closed";
      this._later(event.code === 4401);
    };
  }

  private get _address(): string {
    return this._origin.replace(/^http/, "ws");
  }

  private _hear(frame: Frame): void {
    if (frame.type === "ready") this._ready(frame);
    else if (frame.type === "message") this._take(frame.conversation_id, frame.message);
    else if (frame.type === "accepted") this._settle(frame.client_id);
    else if (frame.type === "typing") this._listener.typing(frame.on);
    else if (frame.type === "delta") this._listener.delta(frame.text, frame.n === 0);
    else if (frame.type === "delta_end") this._listener.delta("", true);
    else if (frame.type === "seen") this._listener.read(frame.sequence_no);
    else if (frame.type === "owner") this._listener.owner(frame.owner, frame.name);
    else if (frame.type === "error") this._refuse(frame);
  }

  private _ready(frame: Frame & { type: "ready" }): void {
    this._failures = 0;
    this._greeted = true;
    clearTimeout(this._answerDue);
    this._enter(frame.conversation_id ?? "", frame.last_sequence_no);
    this._listener.owner(frame.owner ?? "", frame.name ?? "");
    this._listener.link("online");
    this._heartbeat = window.setInterval(() => this._beat(), PING_MS);
    this._flush();
  }

  private _enter(conversation: string, known: number): void {
    if (conversation === this._conversation) return;
    if (this._conversation) this._listener.reset();
    this._conversation = conversation;
    this._after = 0;
    this._known = known;
    this._listener.entered(conversation, known);
  }

  private _leave(): void {
    this._hangUp();
    this._conversation = "";
    this._after = 0;
    this._listener.reset();
  }

  private _take(conversation: string, message: Message): void {
    this._enter(conversation, 0);
    if (message.sequence_no <= this._after) return;
    if (message.sequence_no > this._after + 1) {
      this._resume(true);
      return;
    }
    this._after = message.sequence_no;
    if (message.sender === "agent") {
      this._listener.typing(false);
      this._listener.delta("", true);
    }
    this._listener.message(message, message.sequence_no > this._known);
    if (!message.client_id) return;
    this._settle(message.client_id);
    this._listener.drafts(this._memory.drafts);
  }

  /** The gateway has it. It is shown as waiting until the message itself comes, so that nothing jumps. */
  private _settle(id: string): void {
    this._memory.dropDraft(id);
    window.setTimeout(() => this._listener.drafts(this._memory.drafts), SHOWN_MS);
    if (this._sending === id) this._free();
  }

  private _free(): void {
    clearTimeout(this._acceptDue);
    this._sending = "";
    this._flush();
  }

  private _refuse(error: { code: string; detail: string; client_id?: string }): void {
    const id = error.client_id ?? "";
    if (id && id === this._sending) this._refused(id, error.code, error.detail, 2);
  }

  /** Not now, not before the form, or not at all. What comes behind waits, so that the order holds. */
  private _refused(id: string, code: string, detail: string, pause: number): void {
    clearTimeout(this._acceptDue);
    this._listener.failed(code);
    if (code === "rate" || code === "away") {
      this._acceptDue = window.setTimeout(() => this._free(), pause * 1000);
      return;
    }
    if (code === "prechat") {
      this._sending = "";
      this._formOpen = true;
      void this.visitor.open().catch(() => undefined);
      return;
    }
    const draft = this._memory.drafts.find((one) => one.client_id === id);
    if (draft) this._keep({ ...draft, failed: detail });
    this._free();
  }

  /** Sends the oldest message that waits, and the next when the gateway has it. */
  private _flush(): void {
    const draft = this._memory.drafts.find((one) => !one.failed);
    if (!draft || this._sending || this._formOpen || this._over) return;
    const { client_id, text, uploads } = draft;
    if (this._socket && this._greeted) {
      this._sending = client_id;
      this._send({ type: "message", client_id, text, uploads });
      this._acceptDue = window.setTimeout(() => this._resume(true), ANSWER_MS);
    } else if (this._polling && this._memory.kept.token) {
      this._sending = client_id;
      void this._post({ client_id, text, uploads }, this._memory.kept.token);
    }
  }

  private async _post(message: Draft, token: string): Promise<void> {
    try {
      await ask(`${this._origin}/webchat/messages`, token, message);
      this._settle(message.client_id);
    } catch (error) {
      const { status, detail, pause, fields } = error instanceof Refusal ? error : new Refusal(0, "", [], 2);
      const later = status === 0 || status === 401 || status === 429 || status >= 500;
      const code = later ? "rate" : status === 422 && fields.length && detail.startsWith("Answer") ? "prechat" : "invalid";
      this._refused(message.client_id, code, detail, pause);
    }
  }

  /** Without a socket: ask, and be answered as soon as there is something. */
  private async _poll(token: string): Promise<void> {
    if (this._polling) return;
    this._polling = true;
    try {
      for (let wait = 0; !this._greeted && !this._over && this._begun; wait = POLL_SECONDS) {
        const query = `after=${this._after}&conversation_id=${encodeURIComponent(this._conversation)}&wait=${wait}`;
        const page = await ask<{ conversation_id: string | null; last_sequence_no: number; data: Message[] }>(
          `${this._origin}/webchat/messages?${query}`,
          token,
        );
        if (this._greeted || token !== this._memory.kept.token) break;
        this._enter(page.conversation_id ?? "", page.last_sequence_no);
        this._listener.link("online");
        for (const message of page.data) this._take(page.conversation_id ?? "", message);
        this._flush();
      }
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) this.visitor.drop(token);
      else this._listener.link("offline");
    } finally {
      this._polling = false;
      if (token !== this._memory.kept.token) this._resume(true);
    }
  }

  private _beat(): void {
    if (!this._greeted) return;
    this._send({ type: "ping" });
    const asked = Date.now();
    clearTimeout(this._answerDue);
    this._answerDue = window.setTimeout(() => {
      if (this._lastHeard < asked) this._resume(true);
    }, SILENCE_MS);
  }

  private _hangUp(): void {
    const former = this._socket;
    this._socket = null;
    this._greeted = false;
    this._sending = "";
    clearInterval(this._heartbeat);
    clearTimeout(this._answerDue);
    clearTimeout(this._acceptDue);
    clearTimeout(this._timer);
    former?.close();
  }

  /** Connects again at once: the network is back, the page is looked at, or something is missing. */
  private _resume(anyway = false, failed = false): void {
    if (this._socket && !anyway) {
      this._beat();
      return;
    }
    this._hangUp();
    if (failed) this._failures += 1;
    void this._connect();
  }

  private _later(now = false): void {
    if (this._over) {
      this._listener.link(this._over);
      return;
    }
    if (!this._polling && this._failures) this._listener.link("offline");
    const pause = now ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** this._failures, LONGEST_PAUSE_MS);
    this._failures += 1;
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this._connect(), pause * (0.5 + Math.random() / 2));
  }

  private _send(frame: object): void {
    if (this._socket?.readyState === WebSocket.OPEN) this._socket.send(JSON.stringify(frame));
  }
}
