/** Who the visitor is, to the gateway: one session for all tabs, renewed before it is over. */

import type { Memory } from "./memory";
import { ask, type Session } from "./protocol";

const RENEW_MS = 15 * 24 * 3600 * 1000;

interface More {
  identity?: string;
  fields?: Record<string, string>;
  consent?: boolean;
}

export class Visitor {
  constructor(
    private readonly _origin: string,
    private readonly _number: string,
    private readonly _memory: Memory,
    private readonly _opened: (session: Session, other: boolean) => void,
  ) {}

  /** A token that is good for a while. Raises Refusal, and TypeError without a network. */
  async token(): Promise<string> {
    const { token, expires = 0, asked, signed } = this._memory.kept;
    if (token && !asked && expires - Date.now() > RENEW_MS) return token;
    if (token && !asked && expires > Date.now()) {
      // Not yet over: nobody waits for the new one. Who is signed in gets a longer one by a new claim alone.
      if (!signed) void this.open().catch(() => undefined);
      return token;
    }
    return this._alone(async () => {
      const now = this._memory.kept;
      if (now.token && now.token !== token && !now.asked) return now.token;
      return (await this._opening({})).token;
    });
  }

  /** Opens or renews the session, with what the visitor says of himself. Raises Refusal. */
  open(more: More = {}): Promise<Session> {
    return this._alone(() => this._opening(more));
  }

  /** The gateway does not take this token any more. */
  drop(token: string): void {
    if (this._memory.kept.token === token) this._memory.keep({ expires: 0 });
  }

  private async _opening(more: More): Promise<Session> {
    const { token = null, visitor = "", signed } = this._memory.kept;
    const session = await ask<Session>(`${this._origin}/webchat/sessions`, "", { number: this._number, token, ...more });
    const other = visitor !== "" && session.visitor !== visitor;
    // What somebody who was signed in has left unsent is not for the next one to send.
    if (other && signed) for (const draft of this._memory.drafts) this._memory.dropDraft(draft.client_id);
    this._memory.keep({
      token: session.token,
      expires: Date.parse(session.expires_at),
      visitor: session.visitor,
      signed: Boolean(more.identity) || (signed && !other),
      title: session.display_name,
      asked: session.prechat.length > 0 || Boolean(session.consent),
      files: session.files,
    });
    this._opened(session, other);
    return session;
  }

  /** Two tabs that begin at once are one visitor. */
  private _alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const locks = (navigator as { locks?: LockManager }).locks;
    return locks ? (locks.request(this._memory.key, work) as Promise<Result>) : work();
  }
}
